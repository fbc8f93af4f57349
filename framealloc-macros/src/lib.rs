//! The attributes of framealloc: [`frame_system`] on a function, [`frame_local`] and [`retain`] on the `let`s in it.
//!
//! Use them through the `framealloc` crate, which re-exports them; the expansion names its items.
//!
//! | module | role |
//! |---|---|
//! | `frame_system` | the function: arguments, descriptor, frame |
//! | `body` | the walk over its statements |
//! | `frame_local`, `retain` | one `let` each |
//! | `outside` | the same attributes where no system has taken them away |
//! | `support` | errors, arguments, sizes, parsed functions |

#![forbid(unsafe_code)]

mod body;
mod frame_local;
mod frame_system;
mod outside;
mod retain;
mod support;

use proc_macro::TokenStream;

/// Makes a function a system: its memory has a tag, a phase, a budget, and a frame that ends with the call.
///
/// ```
/// use framealloc::{SmartAlloc, frame_system};
///
/// #[frame_system(tag = "physics", budget = "8MB")]
/// fn broad_phase(alloc: &SmartAlloc, bodies: &[u32]) -> usize {
///     #[frame_local]
///     let mut pairs: Vec<(u32, u32)>;
///     for (i, &left) in bodies.iter().enumerate() {
///         pairs.extend(bodies[i + 1..].iter().map(|&right| (left, right)));
///     }
///     pairs.len()
/// }
///
/// let alloc = SmartAlloc::with_defaults();
/// assert_eq!(broad_phase(&alloc, &[1, 2, 3]), 3);
/// ```
///
/// A call enters the phase, the tag and the budget and opens a frame; it leaves them and ends the frame on return, on
/// `?`, and when it panics. The system is registered at link time, so reports list it, with its source location, before
/// it has run.
///
/// # Arguments
///
/// | argument | meaning | without it |
/// |---|---|---|
/// | `tag = "physics/broad"` | what the memory is charged to, a path from the root | the function's name |
/// | `phase = "update"` | the phase that is entered | the tag |
/// | `budget = "8MB"` | bytes that one run may have alive at once | no limit |
/// | `soft = "6MB"` or `"75%"` | where the warning comes | 80 % of the budget |
/// | `on_exceed = "warn"`, `"fail"`, `"panic"` | what happens beyond the budget | `"warn"` |
/// | `heap = "allow"`, `"warn"`, `"deny"` | what happens when the system uses the ordinary heap | `"allow"` |
/// | `frame = name` | binds `name: &Frame`, for [`Frame`]'s own methods | no binding |
/// | `alloc = expression` | the allocator | see below |
/// | `crate = ::path` | the absolute path of the runtime crate, when it is renamed or re-exported | `::framealloc` |
///
/// Sizes are strings with a unit (`B`, `KB`, `MB`, `GB`; `KB` is 1024 bytes, and `KiB` is the same) or constant
/// expressions of any integer type in bytes.
///
/// [`Frame`]: https://docs.rs/framealloc/latest/framealloc/struct.Frame.html
///
/// # Which allocator
///
/// `alloc = expression` if it is given. Else the first parameter whose type is `SmartAlloc`, `Frame`, `ChildFrame` or
/// `AllocResource`, by value, behind references, or in an `Arc`, `Rc`, `Box` or Bevy `Res`. Else the current allocator
/// of the thread (`alloc.enter()` or `alloc.install()`); a call without one panics and says so. Fields of `self` are not
/// searched: write `alloc = self.alloc`.
///
/// ```
/// # use framealloc::{SmartAlloc, frame_system};
/// struct Solver {
///     alloc: SmartAlloc,
///     contacts: Vec<f32>,
/// }
///
/// impl Solver {
///     #[frame_system(tag = "solver", alloc = self.alloc, frame = frame)]
///     fn step(&mut self) -> f32 {
///         let impulses = frame.slice_from_fn(self.contacts.len(), |i| self.contacts[i] * 0.5);
///         impulses.iter().sum()
///     }
/// }
/// # let mut solver = Solver { alloc: SmartAlloc::with_defaults(), contacts: vec![1.0, 2.0] };
/// # assert_eq!(solver.step(), 1.5);
/// ```
///
/// # What cannot leave
///
/// Whatever is in the frame borrows from it, so a value that would outlive the call is a compile error, on the value,
/// naming the frame `frame_of_` and the function:
///
/// ```compile_fail,E0515
/// # use framealloc::{FrameVec, SmartAlloc, frame_system};
/// #[frame_system(tag = "physics")]
/// fn broad_phase<'a>(alloc: &'a SmartAlloc) -> FrameVec<'a, u32> {
///     #[frame_local]
///     let pairs: Vec<u32>;
///     pairs // error: cannot return value referencing local variable `frame_of_broad_phase`
/// }
/// ```
///
/// # Errors
///
/// The attribute goes on functions and methods that have a body: generic, `unsafe` and nested ones too. On `async fn`
/// (frames stay on their thread), `const fn` and functions with a C ABI it is an error.
///
/// # Panics
///
/// A call panics if it needs the thread's current allocator and there is none, if the first chunk cannot be had, or if
/// `heap = "deny"` was violated, when it ends.
///
/// # Cost
///
/// About 170 instructions for entering and leaving, 380 with one allocation. Allocations do not look at the budget.
#[proc_macro_attribute]
pub fn frame_system(args: TokenStream, item: TokenStream) -> TokenStream {
    frame_system::expand(args.into(), item.into()).into()
}

/// Puts the value of a `let` into the frame of the enclosing [`macro@frame_system`].
///
/// ```
/// use std::collections::HashMap;
///
/// use framealloc::{SmartAlloc, frame_system};
///
/// #[frame_system(tag = "ai")]
/// fn plan(alloc: &SmartAlloc, goals: &[&str]) -> usize {
///     #[frame_local]
///     let mut open: Vec<u32>; // a container: its frame form, empty
///     #[frame_local(capacity = goals.len())]
///     let mut costs: HashMap<&str, f32>; // the same, with room reserved
///     #[frame_local(capacity = 64)]
///     let mut grid: Box<[u8]>; // 64 elements, by `Default`
///     #[frame_local]
///     let start: u32 = 5; // a value: moves into the frame
///
///     open.push(*start);
///     costs.insert(goals[0], 1.5);
///     grid[0] = 1;
///     open.len() + costs.len() + grid.len()
/// }
///
/// assert_eq!(plan(&SmartAlloc::with_defaults(), &["door"]), 66);
/// ```
///
/// A `let` with a value boxes the value: the variable is a `FrameBox<T>`, a written type is the value's. Without a value,
/// `Vec<T>`, `HashMap<K, V>`, `HashSet<T>`, `String` and `Box<[T]>` become `FrameVec`, `FrameMap`, `FrameSet`,
/// `FrameString` and `FrameBox<[T]>`; the names must mean the standard library's types.
///
/// A `Vec`, `String`, `HashMap`, `Box` or another of the standard library's containers as a value would take its own few
/// words into the frame and leave its elements on the ordinary heap, so where that is written it is an error:
///
/// ```compile_fail
/// # use framealloc::{SmartAlloc, frame_system};
/// #[frame_system(tag = "culling")]
/// fn cull(alloc: &SmartAlloc, depths: &[f32]) {
///     #[frame_local]
///     let mut visible: Vec<f32> = depths.to_vec(); // error: only the `Vec` itself would move into the frame
/// }
/// ```
///
/// Leave the value out and fill the container, `visible.extend(..)`: `collect()` does not know the frame. If the heap is
/// meant, leave the attribute out.
///
/// The attribute works on any `let` in the body: in blocks, loops, `match` arms, closures. In a loop each round adds to
/// the frame, which is given back when the function returns and not before; use `frame.child()` for a frame per round.
/// No import is needed, `frame_system` takes the attribute away.
///
/// # Errors
///
/// Patterns other than one identifier, `let ... else`, aliases of containers, containers with a value, and values assigned
/// later are errors that say what to write. So is the attribute outside of a system.
#[proc_macro_attribute]
pub fn frame_local(_args: TokenStream, item: TokenStream) -> TokenStream {
    outside::expand("#[frame_local]", item.into()).into()
}

/// Keeps the value of a `let` beyond the frame of the enclosing [`macro@frame_system`], as its policy says.
///
/// ```
/// use framealloc::{SmartAlloc, frame_system};
///
/// #[frame_system(tag = "nav")]
/// fn rebuild(alloc: &SmartAlloc, tiles: &[u32]) -> usize {
///     #[retain(PromoteToPool, name = "navmesh")]
///     let mut mesh: Vec<u32> = tiles.to_vec();
///     mesh.sort_unstable();
///     mesh.len()
/// }
///
/// let alloc = SmartAlloc::with_defaults();
/// assert_eq!(rebuild(&alloc, &[2, 1]), 2);
/// let mesh = alloc.take_promotions().promotions.take::<Vec<u32>>("navmesh");
/// assert!(mesh.is_some());
/// ```
///
/// | policy | when the frame ends, the value |
/// |---|---|
/// | `Discard` | is dropped |
/// | `PromoteToPool` | moves to the pool |
/// | `PromoteToHeap` | moves to the heap |
/// | `PromoteToScratch("name")` | moves to the scratch pool of that name |
/// | `Leak` | stays where it is, for ever |
///
/// The variable is a `Retained<T>`. The name, by which the promoted value is taken, is the variable's unless
/// `name = "..."` says otherwise.
///
/// # Errors
///
/// The value must be `Send + 'static`: promotions may be taken on another thread, long after. Patterns other than one
/// identifier, a missing value and unknown policies are errors that say what to write.
#[proc_macro_attribute]
pub fn retain(_args: TokenStream, item: TokenStream) -> TokenStream {
    outside::expand("#[retain]", item.into()).into()
}
