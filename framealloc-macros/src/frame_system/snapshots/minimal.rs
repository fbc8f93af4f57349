pub fn step(alloc: &SmartAlloc) {
    let _frame_of_step = {
        static __FRAMEALLOC_SYSTEM: ::framealloc::__private::System = ::framealloc::__private::System::new(::framealloc::__private::SystemInfo {
            name: "step",
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: ::core::line!(),
            tag: "step",
            phase: "step",
            budget: ::core::option::Option::None,
            soft: ::framealloc::__private::SoftLimit::Default80,
            on_exceed: ::framealloc::__private::OnExceed::Warn,
            heap: ::framealloc::__private::HeapUse::Allow,
        });
        ::framealloc::__private::inventory::submit! {
            & __FRAMEALLOC_SYSTEM
        }
        ::framealloc::__private::enter(&alloc, &__FRAMEALLOC_SYSTEM)
    };
}
