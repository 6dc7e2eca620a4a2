package parse

import "testing"

func TestLiteralsAreHidden(t *testing.T) {
	for sql, want := range map[string]string{
		"ALTER TABLE `a'b` ADD c VARCHAR(20) DEFAULT 'it''s \\'x'":                            "ALTER TABLE `a'b` ADD c VARCHAR(…) DEFAULT …",
		"CREATE TABLE t (a INT DEFAULT -12.5e3, b BIT(3) DEFAULT b'101', c INT DEFAULT 0xff)": "CREATE TABLE t (a INT DEFAULT -…, b BIT(…) DEFAULT …, c INT DEFAULT …)",
		"ALTER TABLE t COMMENT \"secret\" /* secret */ -- secret":                             "ALTER TABLE t COMMENT … … …",
		"ALTER TABLE t DROP c # secret\n, DROP d":                                             "ALTER TABLE t DROP c …\n, DROP d",
		"ALTER TABLE t ADD c CHAR DEFAULT 'open":                                              "(a statement that cannot be read)",
		"CREATE TABLE _utf8mb4'x' (a int)":                                                    "CREATE TABLE _utf8mb4… (a int)",
	} {
		if got := HideLiterals(sql, Dialect{}); got != want {
			t.Errorf("%s\nis shown as\n%s\nwant\n%s", sql, got, want)
		}
	}
}
