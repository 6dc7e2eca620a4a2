package relocate_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pgchameleon/internal/relocate"
)

func names() *relocate.Names {
	n := &relocate.Names{}
	for _, object := range []string{"orders", "Orders", "orders_id_seq", "status", "total", "===", "de"} {
		n.Put("shop", object, "_shop_tmp")
	}
	n.Put("My \"Shop\"", "orders", "_my")
	n.Put("public", "citext", "ext")
	n.Put("public", "%", "ext")
	n.Put("public", "gin_trgm_ops", "ext")
	n.Lacks("public", "geometry", "postgis")
	return n
}

func TestNamesMove(t *testing.T) {
	for from, want := range map[string]string{
		`shop.orders`:          `"_shop_tmp".orders`,
		`shop."Orders"`:        `"_shop_tmp"."Orders"`,
		`"shop".orders`:        `"_shop_tmp".orders`,
		`"My ""Shop""".orders`: `"_my".orders`,
		`"SHOP".orders`:        `"SHOP".orders`,
		`shop.ORDERS`:          `"_shop_tmp".ORDERS`,
		`a.shop.orders`:        `a.shop.orders`,
		`shop.nothing`:         `shop.nothing`,
		`shop.*`:               `shop.*`,
		`'shop.orders'`:        `'shop.orders'`,
		`'shop.orders'::text`:  `'shop.orders'::text`,
		`nextval('shop.orders_id_seq'::regclass)`:         `nextval('"_shop_tmp".orders_id_seq'::regclass)`,
		`nextval(('shop.orders_id_seq'::text)::regclass)`: `nextval(('"_shop_tmp".orders_id_seq'::text)::regclass)`,
		`'shop."Orders"'::regclass`:                       `'"_shop_tmp"."Orders"'::regclass`,
		`to_tsvector('shop.de'::regconfig, x)`:            `to_tsvector('"_shop_tmp".de'::regconfig, x)`,
		`E'it\'s shop.orders' || shop.total(1.5)`:         `E'it\'s shop.orders' || "_shop_tmp".total(1.5)`,
		`-- shop.orders` + "\n" + `shop.orders`:           `-- shop.orders` + "\n" + `"_shop_tmp".orders`,
		`/* shop.orders /* x */ */ shop.orders`:           `/* shop.orders /* x */ */ "_shop_tmp".orders`,
		`$f$ select shop.orders $f$ shop.orders`:          `$f$ select shop.orders $f$ "_shop_tmp".orders`,
		`a OPERATOR(shop.===) b`:                          `a OPERATOR("_shop_tmp".===) b`,
		`(a OPERATOR(public.%) b)`:                        `(a OPERATOR("ext".%) b)`,
		`USING gin (name public.gin_trgm_ops)`:            `USING gin (name "ext".gin_trgm_ops)`,
		`'x'::public.citext`:                              `'x'::"ext".citext`,
		`'new'::shop.status`:                              `'new'::"_shop_tmp".status`,
		`$1`:                                              `$1`,
		`1.shop.orders`:                                   `1.shop.orders`,
		`(shop.orders).shop`:                              `("_shop_tmp".orders).shop`,
	} {
		got, err := names().SQL(from)
		if err != nil || got != want {
			t.Errorf("%s became %s (%v), want %s", from, got, err, want)
		}
	}
}

func TestWhatAnExtensionWouldBring(t *testing.T) {
	_, err := names().All("select 1", "CREATE TABLE shop.orders (at public.geometry(Point,4326))")
	var missing *relocate.Missing
	if !errors.As(err, &missing) || missing.Extension != "postgis" || missing.Object != "public.geometry" {
		t.Errorf("the error is %v", err)
	}
}

// Without names nothing changes, whatever the text is.
func TestNothingElseChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sql := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{
			"shop", ".", "orders", "'", "''", `"`, "$", "$f$", "E'", `\`, "--", "/*", "*/", "\n", " ", "::", "regclass", "1", "é", "(", ")", "OPERATOR",
		})).Draw(t, "sql"), "")
		if got, err := (&relocate.Names{}).SQL(sql); err != nil || got != sql && !strings.Contains(sql, "::reg") {
			t.Fatalf("%q became %q (%v)", sql, got, err)
		}
	})
}
