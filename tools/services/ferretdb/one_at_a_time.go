package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
)

const (
	headerLength = 16
	maxLength    = 48_000_000
	opMsg        = 2013
	// Where the name of the first field begins, which is the command's: behind the flags, the kind of the
	// section, the length of the document and the type of the field.
	firstName = headerLength + 4 + 1 + 4 + 1
	// A client that sets this flag of OP_MSG waits for no answer.
	moreToCome = 1 << 1
)

// serveOneAtATime hands the commands of all connections on to the server at behind, one after the other.
//
// FerretDB reads a document, compares it and writes it back without a lock, so two conditional updates of one
// document at the same time can both succeed. MongoDB promises that they don't, and so does this.
func serveOneAtATime(front net.Listener, behind string) error {
	var turn sync.Mutex
	for {
		client, err := front.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer client.Close()
			server, err := net.Dial("tcp", behind)
			if err != nil {
				return
			}
			defer server.Close()
			for exchange(client, server, &turn) == nil {
			}
		}()
	}
}

// exchange passes one command on and its answer back.
func exchange(client, server net.Conn, turn *sync.Mutex) error {
	command, err := readMessage(client)
	if err != nil {
		return err
	}
	if touchesData(command) {
		turn.Lock()
		defer turn.Unlock()
	}
	answer, err := ask(server, command)
	if err != nil || answer == nil {
		return err
	}
	_, err = client.Write(answer)
	return err
}

// ask answers nil where the server has nothing to say.
func ask(server net.Conn, command []byte) ([]byte, error) {
	if _, err := server.Write(command); err != nil {
		return nil, err
	}
	if operation(command) == opMsg && binary.LittleEndian.Uint32(command[headerLength:])&moreToCome != 0 {
		return nil, nil
	}
	return readMessage(server)
}

func operation(message []byte) uint32 {
	return binary.LittleEndian.Uint32(message[12:])
}

// touchesData is false for the greetings by which clients see that the server lives: they wait for nobody.
func touchesData(command []byte) bool {
	if operation(command) != opMsg || len(command) <= firstName {
		return false
	}
	name, _, _ := bytes.Cut(command[firstName:], []byte{0})
	return string(name) != "hello" && string(name) != "ping"
}

// readMessage reads a message of the wire protocol, whose first four bytes are its length.
func readMessage(from io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(from, size[:]); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(size[:])
	if length < headerLength+4 || length > maxLength {
		return nil, fmt.Errorf("a message of %d bytes", length)
	}
	message := make([]byte, length)
	copy(message, size[:])
	_, err := io.ReadFull(from, message[4:])
	return message, err
}
