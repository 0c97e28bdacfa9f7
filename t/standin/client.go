// SPDX-License-Identifier: MIT

// client: docker's own client library, as a command: store URL USER (secret on standard
// input), get URL, erase URL, list.  Exit 3: the library says "not found".
package main

import (
	"encoding/json"
	"fmt"
	"io/ioutil"
	"os"

	"github.com/docker/docker-credential-helpers/client"
	"github.com/docker/docker-credential-helpers/credentials"
)

func run(args []string) (interface{}, error) {
	program := client.NewShellProgramFunc("docker-credential-aisearch")
	switch args[0] {
	case "store":
		secret, err := ioutil.ReadAll(os.Stdin)
		if err != nil {
			return nil, err
		}
		return nil, client.Store(program, &credentials.Credentials{
			ServerURL: args[1], Username: args[2], Secret: string(secret)})
	case "get":
		return client.Get(program, args[1])
	case "erase":
		return nil, client.Erase(program, args[1])
	case "list":
		return client.List(program)
	}
	return nil, fmt.Errorf("unknown operation")
}

func main() {
	out, err := run(os.Args[1:])
	switch {
	case credentials.IsErrCredentialsNotFound(err):
		os.Exit(3)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	case out != nil:
		json.NewEncoder(os.Stdout).Encode(out)
	}
}
