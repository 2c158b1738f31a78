package arch

import (
	"os/exec"
	"strings"
	"testing"
)

// TestProgramLinksNoServiceOfTheSDK: the program of every function links no package of the SDK that
// is about one service. The tables of each one would be made at every start
// (docs/adr/0046-start.md). Example: calls of KMS are made by shared/awscall instead.
func TestProgramLinksNoServiceOfTheSDK(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-tags", "lambda.norpc", "./functions")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	const prefix = "github.com/aws/aws-sdk-go-v2/service/"
	var services []string
	for pkg := range strings.FieldsSeq(string(out)) {
		if service, ok := strings.CutPrefix(pkg, prefix); ok && !strings.Contains(service, "/") {
			services = append(services, service)
		}
	}
	if len(services) > 0 {
		t.Errorf("the program links the SDK's packages of %q, want none", services)
	}
}
