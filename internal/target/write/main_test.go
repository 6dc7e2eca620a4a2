package write

import (
	"testing"

	"pgchameleon/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }
