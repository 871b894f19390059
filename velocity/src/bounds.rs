//! What one rendering may use.

/// What one rendering may use. A template that wants more fails with a
/// [`RenderError`](crate::RenderError) and has no effect but the time it took.
///
/// ```
/// let bounds = velocity::Bounds { output_bytes_max: 1024, ..Default::default() };
/// assert_eq!(bounds.depth_max, velocity::Bounds::default().depth_max);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Longest output, and longest string that a template may make: 10 MiB unless set.
    pub output_bytes_max: usize,
    /// Memory, in bytes, that all strings, lists and maps made on the way may take together, those included that are
    /// not in use any more: 64 MiB unless set.
    pub memory_bytes_max: usize,
    /// Steps: one for each part of the template that is rendered or evaluated, and more for methods that look at much.
    /// 10 million unless set: about a second.
    pub steps_max: u64,
    /// Iterations of one loop; the rest is left out silently, as Velocity's `directive.foreach.maxloops` does. Without
    /// limit unless set; API Gateway's is 1,000.
    pub iterations_max: usize,
    /// `#define` blocks within each other, and lists and maps within each other: 64 unless set.
    pub depth_max: usize,
}

impl Bounds {
    /// Most digits of a number, before and behind the point: of a literal, and of what a template calculates.
    pub const DIGITS_MAX: usize = 2_000;
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            output_bytes_max: 10 * 1024 * 1024,
            memory_bytes_max: 64 * 1024 * 1024,
            steps_max: 10_000_000,
            iterations_max: usize::MAX,
            depth_max: 64,
        }
    }
}
