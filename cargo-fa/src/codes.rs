//! The pages of the lints, as `cargo fa explain CODE` prints them.

macro_rules! codes {
    ($($code:ident $path:literal,)*) => {
        $(
            #[doc = include_str!($path)]
            pub const $code: &str = stringify!($code);
        )*

        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$(($code, include_str!($path))),*];
    };
}

codes! {
    FA201 "lints/fa201_frame_memory_crosses_threads/page.md",
    FA202 "lints/fa202_barrier_participants/page.md",
    FA203 "lints/fa203_parallel_without_context/page.md",
    FA204 "lints/fa204_unbounded_deferred_queue/page.md",
    FA205 "lints/fa205_raced_end_frame/page.md",
    FA301 "lints/fa301_unbounded_allocation/page.md",
    FA302 "lints/fa302_system_without_budget/page.md",
    FA303 "lints/fa303_budget_above_parent/page.md",
    FA520 "lints/fa520_unexplained_suppression/page.md",
    FA521 "lints/fa521_unused_suppression/page.md",
    FA522 "lints/fa522_unknown_suppression/page.md",
    FA523 "lints/fa523_unparsable_file/page.md",
    FA601 "lints/fa601_escaping_handle/page.md",
    FA602 "lints/fa602_per_item_allocation/page.md",
    FA603 "lints/fa603_open_frame/page.md",
    FA604 "lints/fa604_contradicted_policy/page.md",
    FA605 "lints/fa605_stored_discard/page.md",
    FA606 "lints/fa606_use_after_end/page.md",
    FA607 "lints/fa607_unbalanced_scope/page.md",
    FA801 "lints/fa801_foreign_tag/page.md",
    FA802 "lints/fa802_unknown_tag/page.md",
    FA803 "lints/fa803_foreign_free/page.md",
    FA804 "lints/fa804_same_system/page.md",
}

#[cfg(test)]
mod tests {
    use crate::lints;

    #[test]
    fn every_lint_has_its_page_here() {
        let codes: Vec<_> = lints::ALL.iter().map(|lint| lint.code).collect();
        assert_eq!(super::ALL.iter().map(|(code, _)| *code).collect::<Vec<_>>(), codes);
        for (lint, (code, page)) in lints::ALL.iter().zip(super::ALL) {
            assert!(lint.page == *page, "{code} has another lint's page");
        }
    }
}
