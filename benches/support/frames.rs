//! framealloc as a contender.
