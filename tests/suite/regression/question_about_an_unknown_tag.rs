//! `would_fit` made the tag that it was asked about: it showed in the statistics, and enough questions filled the table.

use framealloc::Budget;
use framealloc_tests::Fixture;

#[test]
fn asking_makes_no_tag() {
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("level", Budget::bytes(1000));
    assert!(alloc.would_fit("level/seven/trees", 1000) && !alloc.would_fit("level/seven/trees", 1001));
    assert!(alloc.would_fit("weather", 1001) && !alloc.would_fit("level//trees", 1));
    let paths: Vec<_> = alloc.stats().tags.iter().map(|tag| tag.path.to_string()).collect();
    assert_eq!(paths, ["(untagged)", "level"]);
}
