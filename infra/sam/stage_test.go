package sam

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// write writes a file, and creates its folder.
func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestStage checks what is changed in the copies of a root template and a nested one, and that
// the rest stays as it is.
func TestStage(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	write(t, filepath.Join(from, "template.yaml"), `Resources:
  Client:
    Type: AWS::Serverless::Application
    Properties:
      Location: infra/stacks/client.yaml
      Parameters: {Stage: !Ref Stage}
`)
	write(t, filepath.Join(from, "infra/stacks/client.yaml"), `Globals:
  Function: {Architectures: [arm64]}
Resources:
  Send:
    Type: AWS::Serverless::Function
    Properties:
      Handler: client.message.send
      CodeUri: ../../build/parley.zip
      Environment:
        Variables:
          TABLE: !ImportValue core
          AWS_ENDPOINT_URL_SQS: kept
  Bare:
    Type: AWS::Serverless::Function
    Properties: {Handler: client.message.read, Architectures: [arm64]}
  Queue: {Type: AWS::SQS::Queue}
`)
	file, err := Stage(filepath.Join(from, "template.yaml"), to, "/code", []string{"AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SQS"})
	if err != nil || file != filepath.Join(to, "template.yaml") {
		t.Fatalf("got %s, %v, want the copy", file, err)
	}
	root, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(root), "Stage: !Ref Stage") {
		t.Errorf("got %s, %v, want the rest unchanged", root, err)
	}
	text, err := os.ReadFile(filepath.Join(to, "infra/stacks/client.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Resources map[string]struct {
			Properties struct {
				Handler       string   `yaml:"Handler"`
				CodeURI       string   `yaml:"CodeUri"`
				Architectures []string `yaml:"Architectures"`
				Environment   struct {
					Variables map[string]string `yaml:"Variables"`
				} `yaml:"Environment"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Send", "Bare"} {
		p := got.Resources[name].Properties
		if p.CodeURI != "/code" || len(p.Architectures) != 1 || p.Architectures[0] != architecture() || !strings.HasPrefix(p.Handler, "client.") {
			t.Errorf("%s: got %+v, want the given code and the architecture of this machine", name, p)
		}
		if v, ok := p.Environment.Variables["AWS_ENDPOINT_URL_DYNAMODB"]; !ok || v != "" {
			t.Errorf("%s: got %v, want the new variable declared and empty", name, p.Environment.Variables)
		}
	}
	if v := got.Resources["Send"].Properties.Environment.Variables; v["AWS_ENDPOINT_URL_SQS"] != "kept" || !strings.Contains(string(text), "TABLE: !ImportValue core") {
		t.Errorf("got %v, want the old variables unchanged", v)
	}
}

// TestStageRefuses shows which files are no templates, and which nested templates are refused.
func TestStageRefuses(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"", "not a template"},
		{"Resources: [", "did not find"},
		{"Resources: {A: {Type: AWS::Serverless::Application, Properties: {Location: ../x.yaml}}}", "outside"},
		{"Resources: {A: {Type: AWS::Serverless::Application, Properties: {Location: 'https://example.com/x.yaml'}}}", "no file"},
		{"Resources: {A: {Type: AWS::Serverless::Application, Properties: {Location: x.yaml}}}", "x.yaml"},
	} {
		from := t.TempDir()
		write(t, filepath.Join(from, "template.yaml"), tc.text)
		if _, err := Stage(filepath.Join(from, "template.yaml"), t.TempDir(), "/code", nil); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: got %v, want %q", tc.text, err, tc.want)
		}
	}
}
