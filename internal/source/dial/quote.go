package dial

import (
	"strconv"
	"strings"

	"pgchameleon/internal/event"
)

// Quote writes a name as an identifier.
func Quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// Literal writes text as a string literal for the sessions that Connect
// prepares (utf8mb4, backslash escapes on).
func Literal(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`, "\x00", `\0`).Replace(text) + "'"
}

// Version reads a server's version text: "10.11.19-MariaDB-log" gives MariaDB
// and 101119, "9.7.4" gives MySQL and 90704.
func Version(text string) (event.Flavor, int) {
	flavor := event.MySQL
	if strings.Contains(strings.ToLower(text), "mariadb") {
		flavor = event.MariaDB
		text = strings.TrimPrefix(text, "5.5.5-") // what MariaDB puts before it for old clients
	}
	number := 0
	for i, part := range strings.SplitN(text, ".", 3) {
		digits := len(part)
		for at, r := range part {
			if r < '0' || r > '9' {
				digits = at
				break
			}
		}
		n, _ := strconv.Atoi(part[:digits])
		number += n * [...]int{10000, 100, 1}[i]
	}
	return flavor, number
}
