async fn receive(alloc: &SmartAlloc) -> usize {
    let _ = &alloc;
    let mut packets: Vec<u32> = ::std::vec::Vec::new();
    let (a, b) = (1, 2);
    packets.len() + a + b
}
::core::compile_error! {
    "`#[frame_system]` has no argument `budgt`; did you mean `budget`?\nhelp: its arguments are `tag`, `phase`, `budget`, `soft`, `on_exceed`, `heap`, `frame`, `alloc`, `crate`"
}
::core::compile_error! {
    "the name is empty\nhelp: leave the argument out to use the function's name"
}
::core::compile_error! {
    "a size of zero bytes allows nothing\nhelp: leave the argument out for no limit"
}
::core::compile_error! {
    "an `async fn` cannot be a `#[frame_system]`: it moves between threads at every `.await`, frame memory stays on one\nhelp: async functions need a task arena, `#[frame_task]`; or keep `receive` async and move the part between two awaits into a `#[frame_system] fn`"
}
::core::compile_error! {
    "`#[frame_local]` binds one identifier, not a pattern\nhelp: bind the whole value, then take it apart: `#[frame_local] let whole = ..;` and `let (a, b) = &*whole;`"
}
