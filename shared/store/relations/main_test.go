package relations_test

import (
	"testing"

	"parley/infra/testkit"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }
