//! A `Frame` of another library.

use framealloc::frame_system;

mod ui {
    pub struct Frame;
}

#[frame_system(tag = "ui")]
fn draw(frame: &mut ui::Frame) {}

fn main() {}
