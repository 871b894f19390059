//! A target's health, as what is seen of it changes it. No clock, no network.

/// Whether a target is to be sent requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Health {
    state: State,
    /// Checks in a row.
    passed: u32,
    failed: u32,
    /// Requests in a row that it did not answer.
    unanswered: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    /// No check has passed or failed often enough yet.
    #[default]
    Initial,
    Healthy,
    Unhealthy,
}

/// What is seen of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    CheckPassed,
    CheckFailed,
    /// A request was answered, with whatever status.
    Answered,
    /// A request could not be sent, or its connection broke.
    Unanswered,
}

/// How often in a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Thresholds {
    pub(super) healthy: u32,
    pub(super) unhealthy: u32,
}

impl Health {
    pub(super) fn state(self) -> State {
        self.state
    }

    /// The health after this was seen. "After your target is registered, it must pass one health check
    /// to be considered healthy"; one that has become unhealthy must pass as many as the threshold says,
    /// and requests that are answered do not count: only checks bring it back.
    pub(super) fn after(mut self, seen: Seen, thresholds: Thresholds) -> Self {
        match seen {
            Seen::CheckPassed => {
                (self.passed, self.failed) = (self.passed.saturating_add(1), 0);
                let enough = match self.state {
                    State::Initial => true,
                    State::Unhealthy => self.passed >= thresholds.healthy,
                    State::Healthy => false,
                };
                if enough {
                    self = Self { state: State::Healthy, ..Self::default() };
                }
            }
            Seen::CheckFailed => {
                (self.failed, self.passed) = (self.failed.saturating_add(1), 0);
                self = self.unhealthy_if(self.failed >= thresholds.unhealthy);
            }
            Seen::Unanswered => {
                self.unanswered = self.unanswered.saturating_add(1);
                self = self.unhealthy_if(self.unanswered >= thresholds.unhealthy);
            }
            Seen::Answered => self.unanswered = 0,
        }
        self
    }

    fn unhealthy_if(self, enough: bool) -> Self {
        match enough && self.state != State::Unhealthy {
            true => Self { state: State::Unhealthy, ..Self::default() },
            false => self,
        }
    }
}

/// Whose turn it is: each healthy target's in order, or each target's where none is healthy. An
/// Application Load Balancer fails open in the same way.
pub(super) fn choose(turn: usize, is_healthy: impl Iterator<Item = bool> + Clone) -> usize {
    let healthy = is_healthy.clone().filter(|healthy| *healthy).count();
    if healthy == 0 {
        return turn % is_healthy.count().max(1);
    }
    let mut healthy_ones = is_healthy.enumerate().filter(|(_, healthy)| *healthy);
    healthy_ones.nth(turn % healthy).map_or(0, |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::Seen::{Answered, CheckFailed, CheckPassed, Unanswered};
    use super::State::{Healthy, Initial, Unhealthy};
    use super::*;

    fn states(seen: &[Seen]) -> Vec<State> {
        let thresholds = Thresholds { healthy: 3, unhealthy: 2 };
        let mut health = Health::default();
        let states = seen.iter().map(|seen| {
            health = health.after(*seen, thresholds);
            health.state()
        });
        states.collect()
    }

    #[test]
    fn a_new_target_is_healthy_with_its_first_pass_and_unhealthy_at_the_threshold() {
        assert_eq!(states(&[CheckPassed]), [Healthy]);
        assert_eq!(states(&[CheckFailed, CheckPassed]), [Initial, Healthy]);
        assert_eq!(states(&[CheckFailed, CheckFailed]), [Initial, Unhealthy]);
    }

    #[test]
    fn only_checks_in_a_row_count() {
        assert_eq!(
            states(&[CheckPassed, CheckFailed, CheckPassed, CheckFailed, CheckFailed]),
            [Healthy, Healthy, Healthy, Healthy, Unhealthy]
        );
        let down = [CheckFailed, CheckFailed];
        let up = [CheckPassed, CheckPassed, CheckFailed, CheckPassed, CheckPassed, CheckPassed];
        assert_eq!(
            states(&[&down[..], &up].concat())[2..],
            [Unhealthy, Unhealthy, Unhealthy, Unhealthy, Unhealthy, Healthy]
        );
    }

    #[test]
    fn requests_without_an_answer_make_a_target_unhealthy_and_only_checks_bring_it_back() {
        assert_eq!(
            states(&[CheckPassed, Unanswered, Answered, Unanswered, Unanswered]),
            [Healthy, Healthy, Healthy, Healthy, Unhealthy]
        );
        // A check that passes meanwhile says nothing of the requests.
        assert_eq!(states(&[CheckPassed, Unanswered, CheckPassed, Unanswered])[3], Unhealthy);
        let seen = [Unanswered, Unanswered, Answered, Answered, Answered, CheckPassed, CheckPassed];
        assert_eq!(states(&seen)[6], Unhealthy);
        assert_eq!(states(&[&seen[..], &[CheckPassed]].concat())[7], Healthy);
        // What happened before it was unhealthy is forgotten.
        let again = [&seen[..], &[CheckPassed, Unanswered, CheckFailed]].concat();
        assert_eq!(states(&again)[9], Healthy);
    }

    #[test]
    fn healthy_targets_take_turns_and_all_do_where_none_is_healthy() {
        let turns = |healthy: &[bool]| {
            (0..6).map(|turn| choose(turn, healthy.iter().copied())).collect::<Vec<_>>()
        };
        assert_eq!(turns(&[true, true, true]), [0, 1, 2, 0, 1, 2]);
        assert_eq!(turns(&[true, false, true]), [0, 2, 0, 2, 0, 2]);
        assert_eq!(turns(&[false, true]), [1; 6]);
        assert_eq!(turns(&[false, false]), [0, 1, 0, 1, 0, 1]);
        assert_eq!(choose(usize::MAX, [true].into_iter()), 0);
        assert_eq!(choose(7, std::iter::empty()), 0);
    }
}
