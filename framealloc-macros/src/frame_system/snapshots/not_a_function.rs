struct Physics;
::core::compile_error! {
    "`#[frame_system]` goes on a function, this is a struct\nhelp: put it on a `fn` with a body"
}
