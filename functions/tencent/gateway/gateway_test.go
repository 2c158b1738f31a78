package gateway

import (
	"testing"

	"parley/infra/testkit"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

func TestOperations(t *testing.T) {
	known := func(path string) bool { return path == "/v4/openim/sendmsg" }
	testkit.Cases(t, server, Operations(known))
}
