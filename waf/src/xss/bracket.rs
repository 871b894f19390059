//! Angle brackets in codings that old browsers guess.

/// UTF-7, and bytes without their highest bit.
pub(super) fn hides_brackets(text: &[u8]) -> bool {
    text.contains(&b'+')
        && text.windows(5).any(|w| w.eq_ignore_ascii_case(b"+adw-"))
        && text.windows(4).any(|w| w.eq_ignore_ascii_case(b"+ad4"))
        || has_quarters(text)
}

/// `¼script¾`
fn has_quarters(text: &[u8]) -> bool {
    if !text.contains(&0xbc) {
        return false;
    }
    let opens =
        text.windows(2).any(|w| w[0] == 0xbc && (w[1].is_ascii_alphabetic() || w[1] == b'/'));
    if !opens {
        return false;
    }
    let is_quarter = |text: &[u8], low: u8| {
        text.iter().enumerate().any(|(index, b)| {
            *b == low
                && index.checked_sub(1).is_none_or(|before| {
                    text[before] == 0xc2 || text[before] < 0x80 || text[before] == 0xbe
                })
        })
    };
    is_quarter(text, 0xbc) && is_quarter(text, 0xbe)
}
