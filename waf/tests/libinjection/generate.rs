//! Values that are injections, and values that only have their marks.

/// Chooses by a seed.
pub(crate) struct Generator(u64);

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// What continues a number or a string as SQL.
    pub(crate) fn sql(&mut self) -> String {
        const ENDS: [&str; 8] = ["7", "x'", "7\"", "7')", "-1", "x%'", "7'))", "'"];
        const CONTINUES: [&str; 14] = [
            "or 7=7",
            "or 'a'='a",
            "and 1=2 union select null,login from accounts",
            "union all select 1,2,version()",
            "; drop table orders",
            "and sleep(5)",
            "or not 3>4",
            "and (select count(*) from accounts)>3",
            "order by 9",
            "; waitfor delay '0:0:5'",
            "and ascii(substring(user(),1,1))>64",
            "|| (select secret from accounts limit 1)",
            "; insert into admins values (1,'x')",
            "having 1=1",
        ];
        const BLANKS: [&str; 6] = [" ", "\t", "\n", "/**/", "  ", "/*x*/"];
        const TAILS: [&str; 6] = ["", " --", " -- -", "#", "/*", ";--"];
        let (start, continues) = (self.one_of(&ENDS), self.one_of(&CONTINUES));
        let (blank, tail) = (self.one_of(&BLANKS), self.one_of(&TAILS));
        let continues = self.in_some_case(&continues.replace(' ', blank));
        [start, blank, &continues, tail].concat()
    }

    /// What a browser would run.
    pub(crate) fn script(&mut self) -> String {
        const STARTS: [&str; 5] = ["", "\">", "'>", "x ", "</title>"];
        const TAGS: [&str; 8] = ["img", "svg", "body", "video", "details", "iframe", "input", "a"];
        const HANDLERS: [&str; 6] =
            ["onload", "onerror", "onclick", "onfocus", "ontoggle", "onmouseover"];
        const CODE: [&str; 4] = ["alert(1)", "fetch('//e.example')", "x()", "eval(name)"];
        const BETWEEN: [&str; 4] = [" ", "/", "\n", "\t"];
        const QUOTES: [&str; 3] = ["", "\"", "'"];
        let start = self.one_of(&STARTS);
        let (code, quote) = (self.one_of(&CODE), self.one_of(&QUOTES));
        let (tag, between) = (self.one_of(&TAGS), self.one_of(&BETWEEN));
        let code = if quote == "'" { code.replace('\'', "\"") } else { code.into() };
        let made = match self.below(4) {
            0 => format!("<script>{code}</script>"),
            1 => format!("<a{between}href={quote}javascript:{code}{quote}>"),
            _ => {
                let handler = self.one_of(&HANDLERS);
                format!("<{tag}{between}{handler}={quote}{code}{quote}>")
            }
        };
        [start, &self.in_some_case(&made)].concat()
    }

    /// What people write with the same words and marks.
    pub(crate) fn prose(&mut self) -> String {
        const WHO: [&str; 8] = [
            "Conan O'Brien",
            "the union",
            "my order",
            "a table for 2",
            "the drop-down",
            "table 7",
            "R&D",
            "Siân",
        ];
        const DOES: [&str; 8] = [
            "or maybe two",
            "and not one",
            "is on the script",
            "(select one)",
            "at 5'9\"",
            "from 1-2 pm",
            "has <3",
            "= half of it",
        ];
        const MORE: [&str; 8] = [
            "; drop me a line",
            " -- as ever",
            ", e.g. #7",
            " & where else",
            " by the way...",
            " (it's alert)",
            "/or so",
            ": update it",
        ];
        let parts = [self.one_of(&WHO), " ", self.one_of(&DOES), self.one_of(&MORE)];
        let more = self.one_of(&["", " ", "\n"]);
        [&parts.concat(), more, self.one_of(&MORE)].concat()
    }

    fn in_some_case(&mut self, text: &str) -> String {
        match self.below(3) {
            0 => text.to_uppercase(),
            _ => text.into(),
        }
    }

    fn one_of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len() as u64) as usize]
    }

    /// xorshift64*
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % end
    }
}
