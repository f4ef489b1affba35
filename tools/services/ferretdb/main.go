// A server that speaks MongoDB's wire protocol and keeps its data in SQLite files, for tests on machines that
// have no mongod. Usage: ferretdb -listen 127.0.0.1:27017 -folder DATA
// With NAME:PASSWORD of an administrator in FERRETDB_ADMIN it asks for a login.
package main

import (
	"context"
	"flag"
	"log"
	"log/slog"
	"net"
	"os"
	"strings"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:27017", "address to listen on")
	folder := flag.String("folder", "", "folder for the data; it must be there")
	flag.Parse()
	log.SetOutput(os.Stderr)
	slog.SetLogLoggerLevel(slog.LevelWarn)

	adminName, adminPassword, _ := strings.Cut(os.Getenv("FERRETDB_ADMIN"), ":")
	server, err := ferretdb.New(&ferretdb.Config{
		Listener: ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Handler:  "sqlite",
		// Nothing waits for the disk: what was written survives the end of this process, not of the machine.
		SQLiteURL: "file:" + *folder + "/?_pragma=synchronous(off)",

		AdminName:     adminName,
		AdminPassword: adminPassword,
	})
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(server.Run(context.Background())) }()
	behind := strings.Trim(strings.TrimPrefix(server.MongoDBURI(), "mongodb:"), "/")

	front, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(serveOneAtATime(front, behind))
}
