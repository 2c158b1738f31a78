package store_test

import (
	"testing"

	"parley/shared/testkit"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }
