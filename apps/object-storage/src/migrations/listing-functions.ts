/**
 * Lists of names, as skip scans: what a delimiter gathers is stepped over with one look into the index, so that a page costs
 * its own length however many names there are.
 *
 * Each answers entries in order: `subdir`, or else a row. `lower` and `upper` are exclusive ends, null for none; `prefix` is
 * inclusive and `to_prefix` exclusive. `after_delimiter` is the least text above all that begin with the delimiter. `as_path`:
 * Swift's pseudo-folders, where a name that ends in the delimiter stands for what it holds. The plan is always the one range of
 * the index, whatever the statistics say; hence the settings.
 */
const SETTINGS = 'SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET plan_cache_mode = force_generic_plan';

/** Greater than any name: names have at most 1,024 bytes, this has 1,200 of the greatest character. */
const BEYOND = 'repeat(chr(1114111), 300)';

interface Listed {
  table: 'object' | 'container';
  scope: string;
  rows: string;
}

const objects: Listed = { table: 'object', scope: 'uuid', rows: 't.container_id = scope AND t.is_current AND NOT t.is_delete_marker' };
const containers: Listed = { table: 'container', scope: 'text', rows: 't.account = scope' };

const parameters = ({ scope }: Listed): string =>
  `scope ${scope}, prefix text, to_prefix text, delimiter text, after_delimiter text, lower text, upper text, as_path boolean, most integer`;

const bounds = `
    low text COLLATE "C" := greatest(prefix COLLATE "C", coalesce(lower, '') COLLATE "C");
    low_counts boolean := lower IS NULL OR prefix COLLATE "C" > lower COLLATE "C";
    high text COLLATE "C" := least(coalesce(to_prefix, ${BEYOND}) COLLATE "C", coalesce(upper, ${BEYOND}) COLLATE "C");
    depth integer := length(prefix);
    given integer := 0;
    -- How many rows to ask for at a time: two after a step, so that little is read in vain where subdirs follow each other.
    bite integer := most;
    hit integer;
    has_stepped boolean;`;

const forward = (listed: Listed): string => `
  CREATE FUNCTION list_${listed.table}s(${parameters(listed)})
  RETURNS TABLE (subdir text, entry ${listed.table}) LANGUAGE plpgsql STABLE ROWS 1000 ${SETTINGS} AS $$
  DECLARE ${bounds}
    seen integer;
  BEGIN
    WHILE given < most AND low < high LOOP
      seen := 0;
      has_stepped := false;
      FOR entry IN
        SELECT t.* FROM ${listed.table} t
        WHERE ${listed.rows} AND t.name >= low AND t.name < high AND (low_counts OR t.name <> low) ORDER BY t.name LIMIT bite
      LOOP
        seen := seen + 1;
        low := entry.name;
        low_counts := false;
        CONTINUE WHEN as_path AND length(low) = depth;
        hit := CASE WHEN delimiter = '' THEN 0 ELSE strpos(substr(low, depth + 1), delimiter) END;
        IF hit = 0 OR (as_path AND depth + hit - 1 + length(delimiter) = length(low)) THEN
          subdir := NULL;
          given := given + 1;
          RETURN NEXT;
        ELSE
          subdir := left(low, depth + hit - 1) || delimiter;
          low := left(low, depth + hit - 1) || after_delimiter;
          low_counts := true;
          has_stepped := true;
          IF NOT as_path AND subdir COLLATE "C" IS DISTINCT FROM lower THEN
            given := given + 1;
            entry := NULL;
            RETURN NEXT;
          END IF;
          EXIT;
        END IF;
      END LOOP;
      EXIT WHEN seen < bite AND NOT has_stepped;
      bite := least(CASE WHEN has_stepped THEN 2 ELSE most END, greatest(most - given, 1));
    END LOOP;
  END $$;`;

const backward = (listed: Listed): string => `
  CREATE FUNCTION list_${listed.table}s_backward(${parameters(listed)})
  RETURNS TABLE (subdir text, entry ${listed.table}) LANGUAGE plpgsql STABLE ROWS 1000 ${SETTINGS} AS $$
  DECLARE ${bounds}
    seen integer;
  BEGIN
    WHILE given < most AND low < high LOOP
      seen := 0;
      has_stepped := false;
      FOR entry IN
        SELECT t.* FROM ${listed.table} t
        WHERE ${listed.rows} AND t.name >= low AND t.name < high AND (low_counts OR t.name <> low) ORDER BY t.name DESC LIMIT bite
      LOOP
        seen := seen + 1;
        high := entry.name;
        CONTINUE WHEN as_path AND length(high) = depth;
        hit := CASE WHEN delimiter = '' THEN 0 ELSE strpos(substr(high, depth + 1), delimiter) END;
        IF hit = 0 OR (as_path AND depth + hit - 1 + length(delimiter) = length(high)) THEN
          subdir := NULL;
          given := given + 1;
          RETURN NEXT;
        ELSE
          subdir := left(high, depth + hit - 1) || delimiter;
          -- The folder's own name comes last of those that begin with it; as a path it is an entry still to come.
          high := subdir || CASE WHEN as_path THEN chr(1) ELSE '' END;
          has_stepped := true;
          IF NOT as_path THEN
            given := given + 1;
            entry := NULL;
            RETURN NEXT;
          END IF;
          EXIT;
        END IF;
      END LOOP;
      EXIT WHEN seen < bite AND NOT has_stepped;
      bite := least(CASE WHEN has_stepped THEN 2 ELSE most END, greatest(most - given, 1));
    END LOOP;
  END $$;`;

/** All versions and delete markers, by name and then from the newest; `lower_version`: only older ones of the name `lower`. */
const versions = `
  CREATE FUNCTION list_versions(
    scope uuid, prefix text, to_prefix text, delimiter text, after_delimiter text, lower text, lower_version bigint, most integer
  ) RETURNS TABLE (subdir text, entry object) LANGUAGE plpgsql STABLE ROWS 1000 ${SETTINGS} AS $$
  DECLARE ${bounds.replaceAll('upper', 'NULL')}
    seen integer;
    low_version bigint := CASE WHEN low = lower COLLATE "C" THEN lower_version END;
  BEGIN
    WHILE given < most AND low < high LOOP
      seen := 0;
      has_stepped := false;
      FOR entry IN
        (SELECT t.* FROM object t WHERE t.container_id = scope AND t.name = low AND t.version < low_version ORDER BY t.name, t.version DESC LIMIT bite)
        UNION ALL
        (SELECT t.* FROM object t WHERE t.container_id = scope AND t.name >= low AND t.name < high AND (low_counts OR t.name <> low)
          ORDER BY t.name, t.version DESC LIMIT bite)
      LOOP
        seen := seen + 1;
        low := entry.name;
        low_version := entry.version;
        low_counts := false;
        hit := CASE WHEN delimiter = '' THEN 0 ELSE strpos(substr(low, depth + 1), delimiter) END;
        IF hit = 0 THEN
          subdir := NULL;
          given := given + 1;
          RETURN NEXT;
        ELSE
          subdir := left(low, depth + hit - 1) || delimiter;
          low := left(low, depth + hit - 1) || after_delimiter;
          low_version := NULL;
          low_counts := true;
          has_stepped := true;
          IF subdir COLLATE "C" IS DISTINCT FROM lower THEN
            given := given + 1;
            entry := NULL;
            RETURN NEXT;
          END IF;
          EXIT;
        END IF;
        EXIT WHEN given = most;
      END LOOP;
      EXIT WHEN seen < bite AND NOT has_stepped;
      bite := least(CASE WHEN has_stepped THEN 2 ELSE most END, greatest(most - given, 1));
    END LOOP;
  END $$;`;

export const listingFunctions = [forward(objects), backward(objects), forward(containers), backward(containers), versions].join('\n');
