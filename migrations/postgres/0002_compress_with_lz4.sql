-- Operations and feed rows are a few kilobytes each and written all day: lz4 takes a fraction of
-- the default method's time. A PostgreSQL built without lz4 keeps the default.
DO $$
BEGIN
    ALTER TABLE operation ALTER COLUMN body SET COMPRESSION lz4;
    ALTER TABLE feed ALTER COLUMN bytes SET COMPRESSION lz4;
EXCEPTION
    WHEN feature_not_supported OR invalid_parameter_value THEN
        RAISE NOTICE 'this PostgreSQL was built without lz4; rows are compressed by its default';
END
$$;
