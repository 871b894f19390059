//! `hex(`, `substr (`, `md5\(`: a function's name that is all of a text, cut off behind what opens its call. Another
//! argument completes it.

use super::words::{Class, class_of};
use crate::text::{has, is_sorted};
use crate::transform::is_word;

/// Functions of databases beside those that the grammar knows. Sorted.
const FUNCTIONS: &str = "\
    abs acos adddate addtime aes_decrypt aes_encrypt asin atan atan2 avg bin ceil concat_ws cos cot \
    curdate curtime date_add date_sub dayname decode degrees initcap insert instr last_day lcase \
    localtime locate log10 log2 lpad max min mod monthname nullif nvl oct octet_length pow power \
    quote rand repeat reverse round rpad sign sin soundex sqrt std stddev strcmp sysdate tan \
    to_base64 to_char to_date to_days translate trim truncate ucase unhex unix_timestamp utc_date \
    uuid variance weekday yearweek";
const _: () = assert!(is_sorted(FUNCTIONS));
/// As many marks as stand between a name and its parenthesis.
const MARKS_MAX: usize = 3;

/// Whether a text is that.
pub(super) fn is_call(text: &[u8]) -> bool {
    let Some(name) = text.trim_ascii().strip_suffix(b"(") else { return false };
    let marks = name.iter().rev().take_while(|b| !is_word(**b)).count();
    let name = &name[..name.len() - marks];
    let mut small = [0; 20];
    let Some(small) = small.get_mut(..name.len()) else { return false };
    small.copy_from_slice(name);
    small.make_ascii_lowercase();
    marks <= MARKS_MAX
        && name.iter().all(|b| is_word(*b))
        && (matches!(class_of(name), Class::Function | Class::CommonFunction)
            || has(FUNCTIONS, small))
}
