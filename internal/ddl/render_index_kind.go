package ddl

import (
	"fmt"
	"strings"

	"pgchameleon/internal/mapping"
)

// searched is how much of a long text a FULLTEXT index reads: a tsvector has less than 1 MiB,
// and a row that has more would be refused.
const searched = 100_000

// fulltext is a GIN index of the words, under the configuration that changes none, or of the
// trigrams where the source's parser takes texts apart without words.
func (x *indexing) fulltext(columns []mapping.Column) {
	var texts, trigrams []string
	for _, c := range columns {
		if classOf(c.Map.SQL()) != "text" {
			x.skip("its column %s is no text in PostgreSQL", source(x.t, c).Name)
			return
		}
		sql := mapping.Quote(c.Name)
		base := bareType(c.Map.SQL())
		x.out.types += base + c.Collate("") + ";"
		trigram := sql
		if base != "text" && base != "character varying" || c.Collate("") != "" {
			trigram = "(" + sql + `::text COLLATE "C")`
		}
		trigrams = append(trigrams, trigram+" gin_trgm_ops")
		if name := source(x.t, c).Type.Name; name == "mediumtext" || name == "longtext" {
			sql = fmt.Sprintf("left(%s, %d)", sql, searched)
		}
		texts = append(texts, sql)
	}
	if x.index.Parser == "ngram" && len(columns) > 0 && columns[0].Map.Options().Trigram {
		x.out.holds = "USING gin (" + strings.Join(trigrams, ", ") + ")"
		return
	}
	if len(texts) > 1 {
		for i, sql := range texts {
			texts[i] = "coalesce(" + sql + ", '')"
		}
	}
	x.out.holds = fmt.Sprintf("USING gin (to_tsvector('pg_catalog.simple', %s))", strings.Join(texts, " || ' ' || "))
}

// spatial is a GiST index where PostGIS gives the column its type.
func (x *indexing) spatial(columns []mapping.Column) {
	var parts []string
	for _, c := range columns {
		if bareType(c.Map.SQL()) != "geometry" {
			x.skip("the column %s is %s, and only PostGIS has an index for what is in it", source(x.t, c).Name, c.Map.SQL())
		}
		parts = append(parts, mapping.Quote(c.Name))
	}
	x.out.holds = "USING gist (" + strings.Join(parts, ", ") + ")"
}

// mostDimensions is what an index of pgvector holds.
const mostDimensions = 2000

// vector is an HNSW index where pgvector gives the column a type of fixed dimensions.
func (x *indexing) vector(columns []mapping.Column) {
	operators := "vector_l2_ops"
	if strings.EqualFold(x.index.Distance, "cosine") {
		operators = "vector_cosine_ops"
	}
	var parts []string
	for _, c := range columns {
		dimensions := source(x.t, c).Type.Length
		switch {
		case !strings.HasPrefix(c.Map.SQL(), "vector("):
			x.skip("the column %s is %s, and only pgvector's type with its dimensions has such an index", source(x.t, c).Name, c.Map.SQL())
		case dimensions > mostDimensions:
			x.skip("the column %s has %d dimensions, and pgvector indexes at most %d", source(x.t, c).Name, dimensions, mostDimensions)
		}
		parts = append(parts, mapping.Quote(c.Name)+" "+operators)
	}
	x.out.holds = "USING hnsw (" + strings.Join(parts, ", ") + ")"
}
