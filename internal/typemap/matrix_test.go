package typemap_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// everything lists the types with their edges and random values.
func everything(t *testing.T) []one {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	return slices.Concat(numbers(r), times(r), texts(), binaries(r), documents(r), special())
}

func literals(values ...string) (v []string) {
	for _, value := range values {
		v = append(v, "'"+value+"'")
	}
	return v
}
