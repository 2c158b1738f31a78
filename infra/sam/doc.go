// Package sam runs functions through `sam local invoke`, as whoever deploys
// Parley would: the real SAM CLI reads the templates and starts the program in
// a container, against a DynamoDB Local on this machine.
//
// The containers are Docker's where Docker works. Elsewhere podman serves as
// root, without Docker, a registry or a setting outside of .local/podman.
package sam
