package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"tributary/internal/news"
	"tributary/internal/store/sqlite"
)

// A database of before 0010 knows hosts that are shared by their own rows alone.
func TestSharedHostsOfAnOldDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	if err := sqlite.CreateAt(t.Context(), path, 9, `
		INSERT INTO hosts (key, name, slots, shared) VALUES (1, 'shared.example', 1, 1), (2, 'own.example', 1, 0);
		INSERT INTO sources (key, name, url, active, mirror, shape, stories, health, space)
		VALUES (1, 'a', 'https://shared.example/a', 1, 0, '', 0, 'ok', ''),
			(2, 'b', 'https://shared.example/b', 1, 0, '', 0, 'ok', ''),
			(3, 'c', 'https://own.example/c', 1, 0, '', 0, 'ok', '');
		INSERT INTO schedule (source, due, host, delay) VALUES (1, 1, 1, 2000), (2, 2, 1, 2000), (3, 3, 2, 2000);
		INSERT INTO source_infos (source, title, site, author, image, content)
		VALUES (1, '', '', '', '', 'full'), (2, '', '', '', '', 'full'), (3, '', '', '', '', 'full')`); err != nil {
		t.Fatal(err)
	}
	db := open(t, path)
	claimed, err := db.Claim(t.Context(), news.ClaimRequest{Now: now, Limit: 9, Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if len(claimed.Leases) != 2 || claimed.Leases[0].Source.Name != "a" || claimed.Leases[1].Source.Name != "c" || !claimed.Waiting {
		t.Errorf("claimed %+v", claimed)
	}
}
