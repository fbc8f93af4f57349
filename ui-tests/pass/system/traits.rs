//! Trait methods: with a default body, and in implementations, generic ones too.

use std::fmt::Display;

use framealloc::{SmartAlloc, frame_system};

trait Plugin {
    fn update(&mut self, alloc: &SmartAlloc) -> usize;

    #[frame_system(tag = "plugins/describe")]
    fn describe(&self, alloc: &SmartAlloc) -> usize
    where
        Self: Sized,
    {
        #[frame_local]
        let size = size_of::<Self>();
        *size
    }
}

struct Weather<T>(T);

impl<T: Display> Plugin for Weather<T> {
    #[frame_system(tag = "plugins/weather", budget = "1MB")]
    fn update(&mut self, alloc: &SmartAlloc) -> usize {
        #[frame_local]
        let mut text: String;
        text.push_str(&self.0.to_string());
        text.len()
    }
}

fn main() {
    let alloc = SmartAlloc::with_defaults();
    assert_eq!(Weather(4_u8).describe(&alloc), 1);
    let mut plugins: Vec<Box<dyn PluginObject>> = vec![Box::new(Weather("rain"))];
    assert_eq!(plugins[0].run(&alloc), 4);
}

trait PluginObject {
    fn run(&mut self, alloc: &SmartAlloc) -> usize;
}

impl<P: Plugin> PluginObject for P {
    fn run(&mut self, alloc: &SmartAlloc) -> usize {
        self.update(alloc)
    }
}
