pub fn plan(alloc: &SmartAlloc, words: &[&'static str]) -> usize {
    const STEP: usize = 1;
    let frame_of_plan = {
        static __FRAMEALLOC_SYSTEM: ::framealloc::__private::System = ::framealloc::__private::System::new(::framealloc::__private::SystemInfo {
            name: "plan",
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: ::core::line!(),
            tag: "ai",
            phase: "ai",
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
    let mut list = {
        let _: fn(Vec<u32>) -> ::std::vec::Vec<u32> = |__framealloc_named| {
            __framealloc_named
        };
        ::framealloc::Frame::vec::<u32>(&frame_of_plan)
    };
    let mut map = {
        let _: fn(HashMap<u8, usize>) -> ::std::collections::HashMap<u8, usize> = |
            __framealloc_named|
        __framealloc_named;
        ::framealloc::Frame::map_with_capacity::<
            &str,
            usize,
        >(&frame_of_plan, words.len())
    };
    let costs = {
        let _: fn(Box<u8>) -> ::std::boxed::Box<u8> = |__framealloc_named| {
            __framealloc_named
        };
        ::framealloc::Frame::slice_default::<f32>(&frame_of_plan, 8)
    };
    let best = ::framealloc::Frame::boxed(&frame_of_plan, 5);
    let typed = {
        let __framealloc_value: u64 = 6;
        ::framealloc::Frame::boxed(&frame_of_plan, __framealloc_value)
    };
    let mut mesh = {
        let __framealloc_value: Vec<u32> = vec![1];
        ::framealloc::Frame::retain_named(
            &frame_of_plan,
            "navmesh",
            __framealloc_value,
            ::framealloc::RetentionPolicy::PromoteToPool,
        )
    };
    let level = ::framealloc::Frame::retain_named(
        &frame_of_plan,
        "level",
        7_u8,
        ::framealloc::RetentionPolicy::PromoteToScratch("level"),
    );
    list.push(*best);
    for word in words {
        let copy = {
            let __framealloc_value: &str = word;
            ::framealloc::Frame::boxed(&frame_of_plan, __framealloc_value)
        };
        map.insert(*copy, mesh.len());
    }
    let moved = {
        let __framealloc_frame = &frame_of_plan;
        move |n: usize| {
            let sum = ::framealloc::Frame::boxed(__framealloc_frame, n + STEP);
            *sum
        }
    };
    mesh.push(u32::from(*level));
    { list.len() + map.len() + costs.len() + moved(1) + *typed as usize }
}
