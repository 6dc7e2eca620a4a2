package change

import "testing"

func TestFieldsOfARow(t *testing.T) {
	row := Row("1\ta\\tb\t\\N\t")
	for i, want := range []string{"1", `a\tb`, Null, ""} {
		if got := string(row.Field(i)); got != want {
			t.Errorf("field %d is %q, want %q", i, got, want)
		}
	}
	if got := Row("only").Field(3); got != nil {
		t.Errorf("a field beyond the last is %q", got)
	}
}
