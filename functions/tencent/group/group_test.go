package group

import (
	"testing"

	"parley/infra/testkit"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

func TestOperations(t *testing.T) { testkit.Cases(t, server, Operations()) }
