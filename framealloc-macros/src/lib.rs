//! The attributes of framealloc.
