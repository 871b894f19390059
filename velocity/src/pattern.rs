//! Java's regular expressions by themselves: API Gateway selects integration responses by them.

use alloc::string::String;

use crate::regex::Regex;

/// A compiled regular expression, with the syntax and the semantics of `java.util.regex.Pattern`.
///
/// ```
/// use velocity::Pattern;
/// let pattern = Pattern::parse("(?!5)[45]\\d{2}").unwrap();
/// assert_eq!(pattern.matches("404", 1_000), Some(true));
/// assert_eq!(pattern.matches("4040", 1_000), Some(false));
/// assert_eq!(pattern.matches("503", 1_000), Some(false));
/// assert!(Pattern::parse("(").is_err());
/// ```
#[derive(Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles an expression; the error says what is wrong with it or not supported.
    pub fn parse(pattern: &str) -> Result<Self, String> {
        Regex::new(pattern).map(Self)
    }

    /// Whether it matches the whole text. `None` if that takes more steps than these.
    ///
    /// ```
    /// use velocity::Pattern;
    /// let slow = Pattern::parse("(a+)+b").unwrap();
    /// assert_eq!(slow.matches(&"a".repeat(40), 10_000), None);
    /// ```
    pub fn matches(&self, text: &str, steps_max: u64) -> Option<bool> {
        let mut steps = steps_max;
        self.0.is_whole_match(text, &mut steps).ok()
    }
}
