package relational

import (
	"context"

	"tributary/internal/news"
)

// SourceInfos gives what is known of every configured source but the local
// articles, by name.
func (db *DB) SourceInfos(ctx context.Context) ([]news.SourceInfo, error) {
	var infos []news.SourceInfo
	err := db.read(ctx, "describe sources", func(t *tx) error {
		infos = nil
		return t.query(`
			SELECT `+infoColumns+`
			FROM sources AS s
			JOIN source_infos AS i ON i.source = s.key
			WHERE s.active = 1 AND s.name <> ?
			ORDER BY s.name`,
			func(row scanner) error {
				own, feed, err := scanInfo(row)
				infos = append(infos, describe(own, feed))
				return err
			}, news.ArticlesName)
	})
	return infos, err
}
