//! SQL's words, by what they do in a sentence.

mod table;

use core::cmp::Ordering;

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

/// All of them, in their order.
const CLASSES: [Class; 26] = [
    C::Name,
    C::Logic,
    C::Divide,
    C::Compare,
    C::Select,
    C::Union,
    C::From,
    C::Where,
    C::Having,
    C::Order,
    C::Limit,
    C::Literal,
    C::Statement,
    C::Object,
    C::Into,
    C::Set,
    C::By,
    C::As,
    C::Collate,
    C::Case,
    C::When,
    C::Then,
    C::Quantity,
    C::English,
    C::Function,
    C::CommonFunction,
];

/// The words by their lengths, sorted among those of one length, each with its class behind it: a table of texts would have
/// twice that in addresses.
static TABLE: [u8; BEGINS[WORD_BYTES_MAX + 1]] = {
    let mut table = [0; BEGINS[WORD_BYTES_MAX + 1]];
    let (mut length, mut end) = (1, 0);
    while length <= WORD_BYTES_MAX {
        let mut at = 0;
        while at < WORDS.len() {
            let word = WORDS[at].0.as_bytes();
            if word.len() == length {
                table.split_at_mut(end).1.split_at_mut(length).0.copy_from_slice(word);
                table[end + length] = WORDS[at].1 as u8;
                end += length + 1;
            }
            at += 1;
        }
        length += 1;
    }
    table
};

/// Where the words of each length begin in it.
const BEGINS: [usize; WORD_BYTES_MAX + 2] = {
    let mut begins = [0; WORD_BYTES_MAX + 2];
    let mut length = 1;
    while length <= WORD_BYTES_MAX {
        let (mut bytes, mut at) = (0, 0);
        while at < WORDS.len() {
            if WORDS[at].0.len() == length {
                bytes += length + 1;
            }
            at += 1;
        }
        begins[length + 1] = begins[length] + bytes;
        length += 1;
    }
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

/// Bits of the places that words have by [`place`]: most words of most texts are none of SQL's, and have none.
const PLACES: [u64; PLACES_MAX / 64] = {
    let mut places = [0; PLACES_MAX / 64];
    let mut at = 0;
    while at < WORDS.len() {
        let place = place(WORDS[at].0.as_bytes());
        places[place / 64] |= 1 << (place % 64);
        at += 1;
    }
    places
};

const PLACES_MAX: usize = 2_048;

/// The place of a word, the same whatever its case, by its length and three of its letters.
const fn place(word: &[u8]) -> usize {
    let length = word.len();
    let (first, middle, last) = (word[0] | 0x20, word[length / 2] | 0x20, word[length - 1] | 0x20);
    (first as usize * 7 + middle as usize * 37 + last as usize * 113 + length * 59) % PLACES_MAX
}

/// What a word is, whatever its case.
pub(super) fn class_of(word: &[u8]) -> Class {
    let length = word.len();
    if length == 0 || length > WORD_BYTES_MAX {
        return Class::Name;
    }
    let place = place(word);
    if PLACES[place / 64] >> (place % 64) & 1 == 0 {
        return Class::Name;
    }
    let mut small = [0_u8; WORD_BYTES_MAX];
    let small = &mut small[..length];
    small.copy_from_slice(word);
    small.make_ascii_lowercase();
    // By halves.
    let mut known = &TABLE[BEGINS[length]..BEGINS[length + 1]];
    while !known.is_empty() {
        let middle = known.len() / (length + 1) / 2 * (length + 1);
        let (before, rest) = known.split_at(middle);
        let (one, behind) = rest.split_at(length + 1);
        match one[..length].cmp(small) {
            Ordering::Equal => return CLASSES[usize::from(one[length])],
            Ordering::Less => known = behind,
            Ordering::Greater => known = before,
        }
    }
    Class::Name
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
        for (word, class) in WORDS {
            assert_eq!(class_of(word.to_ascii_uppercase().as_bytes()), *class, "{word}");
        }
        assert_eq!(class_of(b"selects"), Class::Name);
        assert_eq!(class_of(&[b'a'; 100]), Class::Name);
    }
}
