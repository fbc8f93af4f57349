//! Text was copied into the room that its vector had left before the vector asked for more. A refusal then panicked in the
//! middle of a character, and who caught the panic had a `str` that is none: `chars` reads beyond its end.

use std::fmt::Write;

use framealloc::{Budget, OnExceed};
use framealloc_tests::{Fixture, caught};

#[test]
fn text_stays_whole() {
    let fixture = Fixture::small();
    let frame = fixture.alloc.frame();
    let mut text = frame.string_with_capacity(8);
    text.push_str("1234567");
    // There is room for one more byte, and behind it another block.
    frame.alloc(0_u64);
    let used = frame.bytes_used() as usize;
    fixture.alloc.set_thread_frame_budget(Budget::bytes(used).on_exceed(OnExceed::Fail));
    for longer in ["ä", "…", "🦀"] {
        let refused = [
            caught(|| text.push_str(longer)),
            caught(|| text.extend([longer])),
            caught(|| text.extend(longer.chars())),
            caught(|| write!(text, "{longer}")),
        ];
        assert!(refused.iter().all(|text| text.contains("thread frame")), "{refused:?}");
        assert!(text.try_push_str(longer).is_err());
        assert_eq!(std::str::from_utf8(text.as_bytes()), Ok("1234567"));
    }
    text.push('8');
    assert!(text.chars().eq('1'..='8'));
}
