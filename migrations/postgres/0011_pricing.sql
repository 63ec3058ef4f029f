-- How a line came to its price, and what its tax is made of.

ALTER TABLE tax_class
    ADD COLUMN components jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN scheme text NOT NULL DEFAULT 'standard',
    ADD COLUMN note text NOT NULL DEFAULT '';

-- A product's own prices on price lists, and the fixed charges on each unit.
ALTER TABLE product
    ADD COLUMN list_prices jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN levies jsonb NOT NULL DEFAULT '[]';

-- What not every document and line has; NULL for those that have nothing.
ALTER TABLE document ADD COLUMN details jsonb;
ALTER TABLE document_line ADD COLUMN details jsonb;

CREATE TABLE promotion (
    organization_id uuid NOT NULL,
    promotion_id    uuid NOT NULL,
    -- The whole row as the feed carries it.
    terms           jsonb NOT NULL,
    CONSTRAINT promotion_pkey PRIMARY KEY (organization_id, promotion_id)
);

CREATE TABLE price_list (
    organization_id uuid NOT NULL,
    code            text NOT NULL,
    terms           jsonb NOT NULL,
    CONSTRAINT price_list_pkey PRIMARY KEY (organization_id, code)
);

DO $$
DECLARE
    fenced text;
BEGIN
    FOREACH fenced IN ARRAY ARRAY['promotion', 'price_list']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', fenced);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
        EXECUTE format(
            'CREATE POLICY own_organization ON %I USING (organization_id = '
            '(SELECT nullif(current_setting(''app.organization'', true), '''')::uuid))',
            fenced);
    END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE ON promotion, price_list TO techstore_app;
