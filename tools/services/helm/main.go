// Reads Kubernetes manifests (YAML, from standard input) as an API server of field validation "Strict" does, and prints
// a line for each that it would refuse: kinds that there are not, fields that there are not or that are given twice, and
// values of another type. What an API server checks of values beyond their type is not looked at.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

func main() {
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme,
		json.SerializerOptions{Yaml: true, Strict: true})
	documents := yaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	seen, refused := 0, false
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		if isEmpty(document) {
			continue
		}
		seen++
		if _, _, err := strict.Decode(document, nil, nil); err != nil {
			fmt.Printf("manifest %d: %v\n", seen, err)
			refused = true
		}
	}
	if refused {
		os.Exit(1)
	}
	fmt.Printf("%d manifests\n", seen)
}

func isEmpty(document []byte) bool {
	for _, line := range bytes.Split(document, []byte("\n")) {
		text := bytes.TrimSpace(line)
		if len(text) > 0 && text[0] != '#' && !bytes.Equal(text, []byte("---")) {
			return false
		}
	}
	return true
}
