/**
 * What of FerretDB's sources stands in the way of tests with thousands of documents: it would read all of them to
 * find one. Whatever else a query asks for is checked afterwards, so none of this changes what is found.
 */
const QUICKER = [
  {
    // The index of the ids is on this expression, and SQLite takes no other.
    file: 'internal/backends/sqlite/metadata/metadata.go',
    from: `IDColumn = DefaultColumn + "->'$._id'"`,
    to: 'IDColumn = DefaultColumn + `->"_id"`',
  },
  {
    // A document is looked up by its id only when nothing else is asked for.
    file: 'internal/backends/sqlite/collection.go',
    from: 'if params.Filter.Len() == 1 {',
    to: 'if params.Filter.Len() >= 1 {',
  },
  {
    // Several ids are never looked up.
    file: 'internal/backends/sqlite/collection.go',
    from: `
			args = []any{string(must.NotFail(sjson.MarshalSingleValue(v)))}
		}
	}

	q += whereClause`,
    to: `
			args = []any{string(must.NotFail(sjson.MarshalSingleValue(v)))}
		case *types.Document:
			in, _ := v.(*types.Document).Get("$in")
			if ids, ok := in.(*types.Array); ok && ids.Len() > 0 && ids.Len() < 10_000 {
				for i := 0; i < ids.Len(); i++ {
					args = append(args, string(must.NotFail(sjson.MarshalSingleValue(must.NotFail(ids.Get(i))))))
				}
				marks := strings.TrimSuffix(strings.Repeat("?, ", ids.Len()), ", ")
				whereClause = fmt.Sprintf(" WHERE %s IN (%s)", metadata.IDColumn, marks)
			}
		}
	}

	q += whereClause`,
  },
  {
    // Each update of a command keeps a connection to SQLite until the command ends; the hundredth waits for good.
    file: 'internal/handler/msg_update.go',
    from: 'result, err := common.UpdateDocument(ctx, c, "update", iter, &u)',
    to: `result, err := common.UpdateDocument(ctx, c, "update", iter, &u)
		closer.Close()`,
  },
  {
    // A document is compared with every group to find its own.
    file: 'internal/handler/common/aggregations/stages/group.go',
    from: `type groupMap struct {
	docs []groupedDocuments
}`,
    to: `type groupMap struct {
	docs    []groupedDocuments
	buckets map[string][]int
}

// bucketOf returns the same for keys that are equal.
func bucketOf(key any) string {
	switch key := key.(type) {
	case int32:
		return fmt.Sprint(float64(key))
	case int64:
		return fmt.Sprint(float64(key))
	case float64:
		return fmt.Sprint(key + 0)
	case string:
		return fmt.Sprintf("%q", key)
	case *types.Document:
		res := ""
		for _, k := range key.Keys() {
			res += fmt.Sprintf("%q:%s,", k, bucketOf(must.NotFail(key.Get(k))))
		}
		return res
	default:
		return ""
	}
}`,
  },
  {
    file: 'internal/handler/common/aggregations/stages/group.go',
    from: `	for i, g := range m.docs {
		// groupID is`,
    to: `	bucket := bucketOf(groupKey)
	for _, i := range m.buckets[bucket] {
		g := m.docs[i]
		// groupID is`,
  },
  {
    file: 'internal/handler/common/aggregations/stages/group.go',
    from: `	m.docs = append(m.docs, groupedDocuments{`,
    to: `	if m.buckets == nil {
		m.buckets = map[string][]int{}
	}
	m.buckets[bucket] = append(m.buckets[bucket], len(m.docs))
	m.docs = append(m.docs, groupedDocuments{`,
  },
];

/** Users with passwords, which the embedded server has and doesn't let its program ask for. */
const LOGIN = [
  {
    file: 'ferretdb/ferretdb.go',
    from: '\tSQLiteURL string // For example: `file:data/`.\n',
    to: `	SQLiteURL string // For example: \`file:data/\`.

	// Of the first user; without a name nobody is asked for a login.
	AdminName     string
	AdminPassword string
`,
  },
  {
    file: 'ferretdb/ferretdb.go',
    from: '"github.com/FerretDB/FerretDB/internal/util/state"',
    to: `"github.com/FerretDB/FerretDB/internal/util/password"
	"github.com/FerretDB/FerretDB/internal/util/state"`,
  },
  {
    file: 'ferretdb/ferretdb.go',
    from: 'h, closeBackend, err := registry.NewHandler(config.Handler, &registry.NewHandlerOpts{',
    to: `setupDatabase := ""
	if config.AdminName != "" {
		setupDatabase = "admin"
	}
	h, closeBackend, err := registry.NewHandler(config.Handler, &registry.NewHandlerOpts{
		SetupDatabase: setupDatabase,
		SetupUsername: config.AdminName,
		SetupPassword: password.WrapPassword(config.AdminPassword),
`,
  },
  {
    file: 'ferretdb/ferretdb.go',
    from: 'BatchSize:               100,',
    to: `BatchSize:               100,
			EnableNewAuth:           config.AdminName != "",`,
  },
];

export const PATCHES = [...QUICKER, ...LOGIN];
