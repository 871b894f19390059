//! Matching, with every step counted.

use alloc::vec::Vec;

use super::{Assertion, Instruction, Regex, is_line_end};

/// Where the groups of a match are: begin and end of each, the whole match first.
pub(crate) type Captures = Vec<Option<usize>>;

/// Matching took more steps, or more memory, than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stopped;

/// Most choices that are open at once.
const STACK_MAX: usize = 500_000;

/// Something to come back to.
enum Choice {
    Branch {
        at: usize,
        place: usize,
    },
    /// One repetition less, or one more.
    Fewer {
        at: usize,
        least: usize,
        place: usize,
    },
    More {
        at: usize,
        class: usize,
        place: usize,
        left: usize,
    },
    Slot(usize, Option<usize>),
    Register(usize, usize),
    Slots(Captures),
}

struct Matcher<'r, 't, 's> {
    regex: &'r Regex,
    text: &'t str,
    slots: Captures,
    registers: Vec<usize>,
    choices: Vec<Choice>,
    steps: &'s mut u64,
    whole: bool,
}

impl Regex {
    /// The first match at this place or later; each step takes one of those that are left.
    pub(crate) fn find_at(
        &self,
        text: &str,
        from: usize,
        steps: &mut u64,
    ) -> Result<Option<Captures>, Stopped> {
        let mut matcher = Matcher::new(self, text, steps, false);
        let mut place = from;
        loop {
            if matcher.attempt(place)? {
                return Ok(Some(matcher.slots));
            }
            match text[place..].chars().next() {
                Some(c) => place += c.len_utf8(),
                None => return Ok(None),
            }
        }
    }

    /// Whether the whole text matches.
    pub(crate) fn is_whole_match(&self, text: &str, steps: &mut u64) -> Result<bool, Stopped> {
        Matcher::new(self, text, steps, true).attempt(0)
    }
}

impl<'r, 't, 's> Matcher<'r, 't, 's> {
    fn new(regex: &'r Regex, text: &'t str, steps: &'s mut u64, whole: bool) -> Self {
        Self {
            regex,
            text,
            slots: alloc::vec![None; 2 * regex.groups],
            registers: alloc::vec![0; regex.registers],
            choices: Vec::new(),
            steps,
            whole,
        }
    }

    /// Whether there is a match at this place; its groups are in the slots then.
    fn attempt(&mut self, place: usize) -> Result<bool, Stopped> {
        self.spend(1 + self.slots.len() as u64 / 8)?;
        self.slots.fill(None);
        self.choices.clear();
        Ok(self.run(0, place)?.is_some())
    }

    fn spend(&mut self, steps: u64) -> Result<(), Stopped> {
        *self.steps = self.steps.checked_sub(steps).ok_or(Stopped)?;
        Ok(())
    }

    /// Runs the program from an instruction, up to its `Match` or `End`: where that was reached.
    fn run(&mut self, mut at: usize, mut place: usize) -> Result<Option<usize>, Stopped> {
        let base = self.choices.len();
        loop {
            self.spend(1)?;
            if self.choices.len() > STACK_MAX {
                return Err(Stopped);
            }
            let next = match &self.regex.program[at] {
                Instruction::Match if self.whole && place != self.text.len() => None,
                Instruction::Match | Instruction::End => {
                    self.commit(base);
                    return Ok(Some(place));
                }
                Instruction::Char { c, fold } => self.char_at(place).and_then(|found| {
                    let is = found == *c || *fold && found.eq_ignore_ascii_case(c);
                    is.then(|| (at + 1, place + found.len_utf8()))
                }),
                Instruction::Class(class) => self.char_at(place).and_then(|found| {
                    let is = self.regex.classes[*class].contains(found);
                    is.then(|| (at + 1, place + found.len_utf8()))
                }),
                Instruction::Split(first, second) => {
                    self.choices.push(Choice::Branch { at: *second, place });
                    Some((*first, place))
                }
                Instruction::Jump(to) => Some((*to, place)),
                Instruction::Save(slot) => {
                    self.choices.push(Choice::Slot(*slot, self.slots[*slot]));
                    self.slots[*slot] = Some(place);
                    Some((at + 1, place))
                }
                Instruction::Assert(assertion) => {
                    self.holds(*assertion, place).then_some((at + 1, place))
                }
                Instruction::Back { group, fold } => {
                    self.back(*group, *fold, place)?.map(|place| (at + 1, place))
                }
                Instruction::Repeat { class, min, max, greedy } => {
                    self.repeat(at, *class, (*min, *max), *greedy, place)?
                }
                Instruction::Mark(register) => {
                    self.choices.push(Choice::Register(*register, self.registers[*register]));
                    self.registers[*register] = place;
                    Some((at + 1, place))
                }
                Instruction::Progress { register, exit } => {
                    let stuck = self.registers[*register] == place;
                    Some((if stuck { *exit } else { at + 1 }, place))
                }
                Instruction::Look { behind, negate, next } => {
                    let (behind, negate, next) = (*behind, *negate, *next);
                    let before = self.slots.clone();
                    let found = match behind {
                        None => self.inner(at + 1, place)?.is_some(),
                        Some(width) => self.behind(at + 1, place, width)?,
                    };
                    if found && !negate {
                        self.choices.push(Choice::Slots(before));
                    } else {
                        self.slots = before;
                    }
                    (found != negate).then_some((next, place))
                }
                Instruction::Atomic { next } => {
                    let next = *next;
                    let before = self.slots.clone();
                    match self.inner(at + 1, place)? {
                        Some(end) => {
                            self.choices.push(Choice::Slots(before));
                            Some((next, end))
                        }
                        None => None,
                    }
                }
            };
            match next.or_else(|| self.back_up(base)) {
                Some(next) => (at, place) = next,
                None => return Ok(None),
            }
        }
    }

    /// A part of its own: it need not reach the end of the text.
    fn inner(&mut self, at: usize, place: usize) -> Result<Option<usize>, Stopped> {
        self.spend(self.slots.len() as u64 / 8)?;
        self.run(at, place)
    }

    /// Whether a part matches up to this place.
    fn behind(
        &mut self,
        at: usize,
        place: usize,
        (min, max): (usize, usize),
    ) -> Result<bool, Stopped> {
        let starts = self.text[..place].char_indices().rev().map(|(start, _)| start);
        let starts: Vec<usize> =
            core::iter::once(place).chain(starts).skip(min).take(max - min + 1).collect();
        for start in starts {
            // Of a part that can end in several places the first way counts.
            if self.inner(at, start)? == Some(place) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The last open choice.
    fn back_up(&mut self, base: usize) -> Option<(usize, usize)> {
        while self.choices.len() > base {
            match self.choices.pop()? {
                Choice::Branch { at, place } => return Some((at, place)),
                Choice::Slot(slot, old) => self.slots[slot] = old,
                Choice::Register(register, old) => self.registers[register] = old,
                Choice::Slots(old) => self.slots = old,
                Choice::Fewer { at, least, place } => {
                    if place > least {
                        let c = self.text[..place].chars().next_back()?;
                        let place = place - c.len_utf8();
                        self.choices.push(Choice::Fewer { at, least, place });
                        return Some((at, place));
                    }
                }
                Choice::More { at, class, place, left } => {
                    let found = self.char_at(place);
                    if let Some(c) = found.filter(|c| self.regex.classes[class].contains(*c))
                        && left > 0
                    {
                        let place = place + c.len_utf8();
                        self.choices.push(Choice::More { at, class, place, left: left - 1 });
                        return Some((at, place));
                    }
                }
            }
        }
        None
    }

    /// What was chosen since then stays chosen.
    fn commit(&mut self, base: usize) {
        self.choices.truncate(base);
    }

    fn repeat(
        &mut self,
        at: usize,
        class: usize,
        (min, max): (usize, usize),
        greedy: bool,
        mut place: usize,
    ) -> Result<Option<(usize, usize)>, Stopped> {
        let class_of = &self.regex.classes[class];
        let (mut count, mut least) = (0, place);
        let wanted = if greedy { max } else { min };
        for c in self.text[place..].chars() {
            if count == wanted || !class_of.contains(c) {
                break;
            }
            place += c.len_utf8();
            count += 1;
            if count <= min {
                least = place;
            }
        }
        self.spend(count as u64 / 4)?;
        if count < min {
            return Ok(None);
        }
        self.choices.push(match greedy {
            true => Choice::Fewer { at: at + 1, least, place },
            false => Choice::More { at: at + 1, class, place, left: max - min },
        });
        Ok(Some((at + 1, place)))
    }

    fn back(&mut self, group: usize, fold: bool, place: usize) -> Result<Option<usize>, Stopped> {
        let (Some(from), Some(to)) = (self.slots[2 * group], self.slots[2 * group + 1]) else {
            return Ok(None);
        };
        let (Some(wanted), Some(found)) =
            (self.text.get(from..to), self.text.get(place..place + (to.saturating_sub(from))))
        else {
            return Ok(None);
        };
        self.spend(wanted.len() as u64 / 8)?;
        let is = wanted == found || fold && wanted.eq_ignore_ascii_case(found);
        Ok(is.then_some(place + wanted.len()))
    }

    fn holds(&self, assertion: Assertion, place: usize) -> bool {
        let before = self.text[..place].chars().next_back();
        let after = self.char_at(place);
        match assertion {
            Assertion::Start => place == 0,
            Assertion::End => after.is_none(),
            Assertion::EndOrLastLine => match after {
                None => true,
                Some('\r') => matches!(&self.text[place..], "\r" | "\r\n"),
                Some('\n') => place + 1 == self.text.len() && before != Some('\r'),
                Some(c) => is_line_end(c) && place + c.len_utf8() == self.text.len(),
            },
            Assertion::LineStart => match before {
                None => true,
                // Not after the last line's end.
                Some(_) if after.is_none() => false,
                Some('\r') => after != Some('\n'),
                Some(c) => is_line_end(c),
            },
            Assertion::LineEnd => match after {
                None => true,
                Some('\n') => before != Some('\r'),
                Some(c) => is_line_end(c),
            },
            Assertion::Boundary => is_word(before) != is_word(after),
            Assertion::NoBoundary => is_word(before) == is_word(after),
        }
    }

    fn char_at(&self, place: usize) -> Option<char> {
        self.text[place..].chars().next()
    }
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() || c == '_')
}
