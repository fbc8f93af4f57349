/// Documented.
#[inline]
pub fn step(world: &World) -> u64 {
    let frame_of_step = {
        static __FRAMEALLOC_SYSTEM: ::framealloc::__private::System = ::framealloc::__private::System::new(::framealloc::__private::SystemInfo {
            name: "step",
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: ::core::line!(),
            tag: "physics/broad",
            phase: "update",
            budget: ::core::option::Option::Some(8388608u64),
            soft: ::framealloc::__private::SoftLimit::Bytes(
                ::framealloc::__private::bytes(LIMIT / 2),
            ),
            on_exceed: ::framealloc::__private::OnExceed::Fail,
            heap: ::framealloc::__private::HeapUse::Deny,
        });
        ::framealloc::__private::inventory::submit! {
            & __FRAMEALLOC_SYSTEM
        }
        ::framealloc::__private::enter(&world.alloc, &__FRAMEALLOC_SYSTEM)
    };
    let frame: &::framealloc::Frame = &frame_of_step;
    { frame.bytes_used() }
}
