//! How many users a run had, second by second, as tools say it that ask once a second.

use brunt_metrics::Second;

/// Users, second by second: those of the last second, the fewest and the most of any.
///
/// A second's users are those that exist at its end; in the second in which the last ones leave, those that it
/// still had, so that the last line of a run does not say that nobody was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserCount {
    at_end: u64,
    last: u64,
    extent: Option<(u64, u64)>,
}

impl UserCount {
    /// Takes note of the next second.
    pub fn add(&mut self, second: &Second) {
        let added: u64 = second.scenarios.iter().map(|s| s.users_added).sum();
        let retired: u64 = second.scenarios.iter().map(|s| s.users_retired).sum();
        let had = self.at_end + added;
        self.at_end = had.saturating_sub(retired);
        self.last = if self.at_end == 0 { had } else { self.at_end };
        let (least, most) = self.extent.unwrap_or((self.last, self.last));
        self.extent = Some((least.min(self.last), most.max(self.last)));
    }

    /// Users of the last second; 0 before the first.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The fewest users of a second; 0 before the first.
    pub fn least(&self) -> u64 {
        self.extent.map_or(0, |(least, _)| least)
    }

    /// The most users of a second; 0 before the first.
    pub fn most(&self) -> u64 {
        self.extent.map_or(0, |(_, most)| most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_metrics::ScenarioSecond;

    #[test]
    fn seconds() {
        // Users added and retired in each second; what is shown after it: last, least, most.
        let rows = [
            ((2, 0), (2, 2, 2)),
            ((3, 0), (5, 2, 5)),
            ((0, 1), (4, 2, 5)),
            ((0, 0), (4, 2, 5)),
            ((1, 5), (5, 2, 5)),
            ((0, 0), (0, 0, 5)),
            ((7, 7), (7, 0, 7)),
        ];
        let mut users = UserCount::default();
        assert_eq!((users.last(), users.least(), users.most()), (0, 0, 0));
        for (at, ((users_added, users_retired), shown)) in rows.into_iter().enumerate() {
            let scenario = ScenarioSecond { users_added, users_retired, ..ScenarioSecond::default() };
            users.add(&Second { scenarios: vec![scenario], ..Second::default() });
            assert_eq!((users.last(), users.least(), users.most()), shown, "{at}");
        }
    }
}
