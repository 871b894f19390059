//! SQL's words, by what they do in a sentence.

mod table;

use Class as C;
use table::WORDS;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A name of somebody's.
    Name,
    /// `and`, `or`, `xor`, `not`
    Logic,
    /// `div`, `mod`
    Divide,
    /// `like`, `rlike`, `regexp`, `between`, `in`, `is`, `sounds`, `similar`, `ilike`, `glob`
    Compare,
    Select,
    Union,
    From,
    Where,
    Having,
    /// `order`, `group`
    Order,
    Limit,
    /// `null`, `true`, `false`, `current_user`, `default`
    Literal,
    /// Begins a statement that changes something.
    Statement,
    /// `table`, `database`, `index` …
    Object,
    Into,
    Set,
    By,
    As,
    /// `collate`, behind an operand.
    Collate,
    Case,
    When,
    Then,
    /// `all`, `distinct`, `top`
    Quantity,
    /// Words of English that are no names in SQL: articles, pronouns, prepositions.
    English,
    /// A function that databases alone have.
    Function,
    /// Functions that many languages have: `concat`, `char`, `count` …
    CommonFunction,
}

/// Where the words of each letter begin: most words of most texts are looked up among a dozen.
const BEGINS: [u16; 27] = {
    let mut begins = [0; 27];
    let (mut letter, mut at) = (0, 0);
    while letter < 26 {
        while at < WORDS.len() && WORDS[at].0.as_bytes()[0] < b'a' + letter as u8 {
            at += 1;
        }
        begins[letter] = at as u16;
        letter += 1;
    }
    begins[26] = WORDS.len() as u16;
    begins
};

/// No word is longer.
const WORD_BYTES_MAX: usize = {
    let (mut longest, mut at) = (0, 0);
    while at < WORDS.len() {
        if WORDS[at].0.len() > longest {
            longest = WORDS[at].0.len();
        }
        at += 1;
    }
    longest
};

/// What a word is, whatever its case.
pub(super) fn class_of(word: &[u8]) -> Class {
    let mut small = [0_u8; WORD_BYTES_MAX];
    let Some(small) = small.get_mut(..word.len()) else { return Class::Name };
    let Some(letter) = word.first().map(|first| (first | 0x20).wrapping_sub(b'a') as usize) else {
        return Class::Name;
    };
    let (Some(from), Some(to)) = (BEGINS.get(letter), BEGINS.get(letter + 1)) else {
        return Class::Name;
    };
    small.copy_from_slice(word);
    small.make_ascii_lowercase();
    let small = &*small;
    let known = &WORDS[usize::from(*from)..usize::from(*to)];
    match known.binary_search_by(|(known, _)| known.as_bytes().cmp(small)) {
        Ok(index) => known[index].1,
        Err(_) => Class::Name,
    }
}

/// Whether there is a word that begins a statement or joins one to another.
pub(super) fn has_statement_word(text: &[u8]) -> bool {
    let telling = |word: &[u8]| {
        matches!(
            class_of(word),
            C::Select
                | C::Union
                | C::Statement
                | C::Having
                | C::Order
                | C::Logic
                | C::Divide
                | C::Compare
                | C::Case
                | C::Function
                | C::Limit
                | C::Object
        )
    };
    words(text).any(telling)
}

/// The words of a text.
pub(super) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|b| !crate::transform::is_word(*b)).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted_and_found_in_any_case() {
        assert!(WORDS.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(class_of(b"SeLeCt"), Class::Select);
        assert_eq!(class_of(b"selects"), Class::Name);
        assert_eq!(class_of(&[b'a'; 100]), Class::Name);
    }
}
