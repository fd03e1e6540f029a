--
-- PostgreSQL database dump
--

\restrict go8dkAXuHRXVy7gBb1ERbaqpGm34Jz3w0uHe8QolzhCViHqy7gla1xaPpjj2TBz

-- Dumped from database version 15.20 (Debian 15.20-0+deb12u1)
-- Dumped by pg_dump version 15.20 (Debian 15.20-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: odd "schema; Type: SCHEMA; Schema: -; Owner: tracehub
--

CREATE SCHEMA "odd ""schema";


ALTER SCHEMA "odd ""schema" OWNER TO tracehub;

--
-- Name: SCHEMA "odd ""schema"; Type: COMMENT; Schema: -; Owner: tracehub
--

COMMENT ON SCHEMA "odd ""schema" IS 'with ''quotes'' and
newline';


--
-- Name: german; Type: COLLATION; Schema: public; Owner: tracehub
--

CREATE COLLATION public.german (provider = libc, locale = 'C');


ALTER COLLATION public.german OWNER TO tracehub;

--
-- Name: citext; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;


--
-- Name: EXTENSION citext; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings';


--
-- Name: hstore; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA public;


--
-- Name: EXTENSION hstore; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION hstore IS 'data type for storing sets of (key, value) pairs';


--
-- Name: pg_trgm; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;


--
-- Name: EXTENSION pg_trgm; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';


--
-- Name: pgcrypto; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;


--
-- Name: EXTENSION pgcrypto; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION pgcrypto IS 'cryptographic functions';


--
-- Name: mood; Type: TYPE; Schema: public; Owner: tracehub
--

CREATE TYPE public.mood AS ENUM (
    'sad',
    'so-so',
    'it''s "fine"',
    '漢字'
);


ALTER TYPE public.mood OWNER TO tracehub;

--
-- Name: pair; Type: TYPE; Schema: public; Owner: tracehub
--

CREATE TYPE public.pair AS (
	left_part text,
	right_part numeric(10,2)
);


ALTER TYPE public.pair OWNER TO tracehub;

--
-- Name: positive; Type: DOMAIN; Schema: public; Owner: tracehub
--

CREATE DOMAIN public.positive AS integer
	CONSTRAINT positive_check CHECK ((VALUE > 0));


ALTER DOMAIN public.positive OWNER TO tracehub;

--
-- Name: shipment_status; Type: TYPE; Schema: public; Owner: tracehub
--

CREATE TYPE public.shipment_status AS ENUM (
    'draft',
    'booked',
    'in_transit',
    'customs_hold',
    'delivered'
);


ALTER TYPE public.shipment_status OWNER TO tracehub;

--
-- Name: span; Type: TYPE; Schema: public; Owner: tracehub
--

CREATE TYPE public.span AS RANGE (
    subtype = timestamp with time zone,
    multirange_type_name = public.span_multirange
);


ALTER TYPE public.span OWNER TO tracehub;

--
-- Name: user_role; Type: TYPE; Schema: public; Owner: tracehub
--

CREATE TYPE public.user_role AS ENUM (
    'viewer',
    'operator',
    'admin'
);


ALTER TYPE public.user_role OWNER TO tracehub;

--
-- Name: add(integer, integer); Type: FUNCTION; Schema: public; Owner: tracehub
--

CREATE FUNCTION public.add(a integer, b integer DEFAULT 1) RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$select a + b$$;


ALTER FUNCTION public.add(a integer, b integer) OWNER TO tracehub;

--
-- Name: FUNCTION add(a integer, b integer); Type: COMMENT; Schema: public; Owner: tracehub
--

COMMENT ON FUNCTION public.add(a integer, b integer) IS 'adds';


--
-- Name: body(integer); Type: FUNCTION; Schema: public; Owner: tracehub
--

CREATE FUNCTION public.body(a integer) RETURNS integer
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT (a + 1);
END;


ALTER FUNCTION public.body(a integer) OWNER TO tracehub;

--
-- Name: noop(); Type: PROCEDURE; Schema: public; Owner: tracehub
--

CREATE PROCEDURE public.noop()
    LANGUAGE plpgsql
    AS $$ begin /* it's; \connect */ null; end $$;


ALTER PROCEDURE public.noop() OWNER TO tracehub;

--
-- Name: touch(); Type: FUNCTION; Schema: public; Owner: tracehub
--

CREATE FUNCTION public.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ begin new.note := new.note || '!'; return new; end $$;


ALTER FUNCTION public.touch() OWNER TO tracehub;

--
-- Name: total(integer); Type: AGGREGATE; Schema: public; Owner: tracehub
--

CREATE AGGREGATE public.total(integer) (
    SFUNC = int4pl,
    STYPE = integer,
    INITCOND = '0'
);


ALTER AGGREGATE public.total(integer) OWNER TO tracehub;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: table with | and newline; Type: TABLE; Schema: odd "schema; Owner: tracehub
--

CREATE TABLE "odd ""schema"."table with | and
newline" (
    a integer,
    "from" text
);


ALTER TABLE "odd ""schema"."table with | and
newline" OWNER TO tracehub;

--
-- Name: alembic_version; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


ALTER TABLE public.alembic_version OWNER TO tracehub;

--
-- Name: awkward; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE TABLE public.awkward (
    id bigint NOT NULL,
    by_default integer NOT NULL,
    serial_one integer NOT NULL,
    name character varying(40) NOT NULL,
    moods public.mood[] DEFAULT '{}'::public.mood[] NOT NULL,
    feeling public.mood,
    document jsonb,
    old json,
    raw bytea,
    tags text[],
    many public.hstore,
    ci public.citext,
    p public.pair,
    n public.positive,
    s public.span,
    amount numeric(30,10),
    f double precision,
    r real,
    i interval,
    t timestamp with time zone,
    d date,
    tm time with time zone,
    addr inet,
    m macaddr,
    u uuid DEFAULT gen_random_uuid(),
    x xml,
    b bit varying(9),
    ts tsvector,
    pt point,
    big oid,
    doubled integer GENERATED ALWAYS AS (((n)::integer * 2)) STORED,
    odd text,
    "Mixed ""Case" text,
    CONSTRAINT awkward_name_check CHECK (((name)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying, 'ü'::character varying, 'it''s'::character varying])::text[])))
);


ALTER TABLE public.awkward OWNER TO tracehub;

--
-- Name: COLUMN awkward.name; Type: COMMENT; Schema: public; Owner: tracehub
--

COMMENT ON COLUMN public.awkward.name IS 'naïve "quoted" \ comment';


--
-- Name: awkward_by_default_seq; Type: SEQUENCE; Schema: public; Owner: tracehub
--

ALTER TABLE public.awkward ALTER COLUMN by_default ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.awkward_by_default_seq
    START WITH 100
    INCREMENT BY -5
    MINVALUE -100000
    MAXVALUE 100
    CACHE 1
);


--
-- Name: awkward_id_seq; Type: SEQUENCE; Schema: public; Owner: tracehub
--

ALTER TABLE public.awkward ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.awkward_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: awkward_serial_one_seq; Type: SEQUENCE; Schema: public; Owner: tracehub
--

CREATE SEQUENCE public.awkward_serial_one_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.awkward_serial_one_seq OWNER TO tracehub;

--
-- Name: awkward_serial_one_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: tracehub
--

ALTER SEQUENCE public.awkward_serial_one_seq OWNED BY public.awkward.serial_one;


--
-- Name: parent; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE TABLE public.parent (
    a integer
);


ALTER TABLE public.parent OWNER TO tracehub;

--
-- Name: child; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE TABLE public.child (
    b integer
)
INHERITS (public.parent);


ALTER TABLE public.child OWNER TO tracehub;

--
-- Name: containers; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE TABLE public.containers (
    id integer NOT NULL,
    number character varying(11) NOT NULL,
    size character varying(4) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE public.containers OWNER TO tracehub;

--
-- Name: containers_id_seq; Type: SEQUENCE; Schema: public; Owner: tracehub
--

CREATE SEQUENCE public.containers_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.containers_id_seq OWNER TO tracehub;

--
-- Name: containers_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: tracehub
--

ALTER SEQUENCE public.containers_id_seq OWNED BY public.containers.id;


--
-- Name: counter; Type: SEQUENCE; Schema: public; Owner: tracehub
--

CREATE SEQUENCE public.counter
    START WITH 5
    INCREMENT BY 3
    NO MINVALUE
    NO MAXVALUE
    CACHE 10;


ALTER TABLE public.counter OWNER TO tracehub;

--
-- Name: customers; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE TABLE public.customers (
    id integer NOT NULL,
    name character varying(200) NOT NULL,
    email character varying(200) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE public.customers OWNER TO tracehub;

--
-- Name: customers_id_seq; Type: SEQUENCE; Schema: public; Owner: tracehub
--

CREATE SEQUENCE public.customers_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.customers_id_seq OWNER TO tracehub;

--
-- Name: customers_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: tracehub
--

ALTER SEQUENCE public.customers_id_seq OWNED BY public.customers.id;


--
-- Name: documents; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE TABLE public.documents (
    id integer NOT NULL,
    shipment_id integer,
    filename character varying(255) NOT NULL,
    stored_as character varying(255) NOT NULL,
    size bigint NOT NULL,
    sha256 character varying(64) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE public.documents OWNER TO tracehub;

--
-- Name: documents_id_seq; Type: SEQUENCE; Schema: public; Owner: tracehub
--

CREATE SEQUENCE public.documents_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.documents_id_seq OWNER TO tracehub;

--
-- Name: documents_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: tracehub
--

ALTER SEQUENCE public.documents_id_seq OWNED BY public.documents.id;


--
-- Name: downward; Type: SEQUENCE; Schema: public; Owner: tracehub
--

CREATE SEQUENCE public.downward
    START WITH -1
    INCREMENT BY -1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.downward OWNER TO tracehub;

--
-- Name: mv; Type: MATERIALIZED VIEW; Schema: public; Owner: tracehub
--

CREATE MATERIALIZED VIEW public.mv AS
 SELECT count(*) AS c
   FROM public.awkward
  WITH NO DATA;


ALTER TABLE public.mv OWNER TO tracehub;

--
-- Name: never_called; Type: SEQUENCE; Schema: public; Owner: tracehub
--

CREATE SEQUENCE public.never_called
    START WITH 42
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.never_called OWNER TO tracehub;

--
-- Name: no_columns; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE TABLE public.no_columns (
);


ALTER TABLE public.no_columns OWNER TO tracehub;

--
-- Name: TABLE no_columns; Type: COMMENT; Schema: public; Owner: tracehub
--

COMMENT ON TABLE public.no_columns IS 'nothing';


--
-- Name: parts; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE TABLE public.parts (
    id integer,
    at date,
    note text
)
PARTITION BY RANGE (at);


ALTER TABLE public.parts OWNER TO tracehub;

--
-- Name: parts_2025; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE TABLE public.parts_2025 (
    id integer,
    at date,
    note text
);


ALTER TABLE public.parts_2025 OWNER TO tracehub;

--
-- Name: parts_2026; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE TABLE public.parts_2026 (
    id integer,
    at date,
    note text
)
PARTITION BY HASH (id);


ALTER TABLE public.parts_2026 OWNER TO tracehub;

--
-- Name: parts_2026_0; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE TABLE public.parts_2026_0 (
    id integer,
    at date,
    note text
);


ALTER TABLE public.parts_2026_0 OWNER TO tracehub;

--
-- Name: parts_2026_1; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE TABLE public.parts_2026_1 (
    id integer,
    at date,
    note text
);


ALTER TABLE public.parts_2026_1 OWNER TO tracehub;

--
-- Name: parts_rest; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE TABLE public.parts_rest (
    id integer,
    at date,
    note text
);


ALTER TABLE public.parts_rest OWNER TO tracehub;

--
-- Name: quick; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE UNLOGGED TABLE public.quick (
    a integer
);


ALTER TABLE public.quick OWNER TO tracehub;

--
-- Name: shipments; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE TABLE public.shipments (
    id integer NOT NULL,
    reference character varying(64) NOT NULL,
    customer_id integer NOT NULL,
    container_id integer,
    status public.shipment_status DEFAULT 'draft'::public.shipment_status NOT NULL,
    origin character varying(100),
    destination character varying(100),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    carrier character varying(100)
);


ALTER TABLE public.shipments OWNER TO tracehub;

--
-- Name: shipments_id_seq; Type: SEQUENCE; Schema: public; Owner: tracehub
--

CREATE SEQUENCE public.shipments_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.shipments_id_seq OWNER TO tracehub;

--
-- Name: shipments_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: tracehub
--

ALTER SEQUENCE public.shipments_id_seq OWNED BY public.shipments.id;


--
-- Name: unfilled; Type: MATERIALIZED VIEW; Schema: public; Owner: tracehub
--

CREATE MATERIALIZED VIEW public.unfilled AS
 SELECT 1 AS one
  WITH NO DATA;


ALTER TABLE public.unfilled OWNER TO tracehub;

--
-- Name: users; Type: TABLE; Schema: public; Owner: tracehub
--

CREATE TABLE public.users (
    id integer NOT NULL,
    email character varying(200) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    role public.user_role DEFAULT 'viewer'::public.user_role NOT NULL
);


ALTER TABLE public.users OWNER TO tracehub;

--
-- Name: users_id_seq; Type: SEQUENCE; Schema: public; Owner: tracehub
--

CREATE SEQUENCE public.users_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.users_id_seq OWNER TO tracehub;

--
-- Name: users_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: tracehub
--

ALTER SEQUENCE public.users_id_seq OWNED BY public.users.id;


--
-- Name: v; Type: VIEW; Schema: public; Owner: tracehub
--

CREATE VIEW public.v AS
 SELECT awkward.id,
    awkward.name
   FROM public.awkward
  WHERE (awkward.feeling IS NOT NULL);


ALTER TABLE public.v OWNER TO tracehub;

--
-- Name: parts_2025; Type: TABLE ATTACH; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.parts ATTACH PARTITION public.parts_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');


--
-- Name: parts_2026; Type: TABLE ATTACH; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.parts ATTACH PARTITION public.parts_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');


--
-- Name: parts_2026_0; Type: TABLE ATTACH; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.parts_2026 ATTACH PARTITION public.parts_2026_0 FOR VALUES WITH (modulus 2, remainder 0);


--
-- Name: parts_2026_1; Type: TABLE ATTACH; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.parts_2026 ATTACH PARTITION public.parts_2026_1 FOR VALUES WITH (modulus 2, remainder 1);


--
-- Name: parts_rest; Type: TABLE ATTACH; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.parts ATTACH PARTITION public.parts_rest DEFAULT;


--
-- Name: awkward serial_one; Type: DEFAULT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.awkward ALTER COLUMN serial_one SET DEFAULT nextval('public.awkward_serial_one_seq'::regclass);


--
-- Name: containers id; Type: DEFAULT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.containers ALTER COLUMN id SET DEFAULT nextval('public.containers_id_seq'::regclass);


--
-- Name: customers id; Type: DEFAULT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.customers ALTER COLUMN id SET DEFAULT nextval('public.customers_id_seq'::regclass);


--
-- Name: documents id; Type: DEFAULT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.documents ALTER COLUMN id SET DEFAULT nextval('public.documents_id_seq'::regclass);


--
-- Name: shipments id; Type: DEFAULT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.shipments ALTER COLUMN id SET DEFAULT nextval('public.shipments_id_seq'::regclass);


--
-- Name: users id; Type: DEFAULT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.users ALTER COLUMN id SET DEFAULT nextval('public.users_id_seq'::regclass);


--
-- Name: 16879; Type: BLOB; Schema: -; Owner: tracehub
--

SELECT pg_catalog.lo_create('16879');


ALTER LARGE OBJECT 16879 OWNER TO tracehub;

--
-- Name: 16880; Type: BLOB; Schema: -; Owner: tracehub
--

SELECT pg_catalog.lo_create('16880');


ALTER LARGE OBJECT 16880 OWNER TO tracehub;

--
-- Name: 16881; Type: BLOB; Schema: -; Owner: tracehub
--

SELECT pg_catalog.lo_create('16881');


ALTER LARGE OBJECT 16881 OWNER TO tracehub;

--
-- Data for Name: table with | and newline; Type: TABLE DATA; Schema: odd "schema; Owner: tracehub
--

COPY "odd ""schema"."table with | and
newline" (a, "from") FROM stdin;
1	select
1	select
\.


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: tracehub
--

COPY public.alembic_version (version_num) FROM stdin;
a1b2c3d4
\.


--
-- Data for Name: awkward; Type: TABLE DATA; Schema: public; Owner: tracehub
--

COPY public.awkward (id, by_default, serial_one, name, moods, feeling, document, old, raw, tags, many, ci, p, n, s, amount, f, r, i, t, d, tm, addr, m, u, x, b, ts, pt, big, odd, "Mixed ""Case") FROM stdin;
3	90	3	it's	{sad,漢字}	it's "fine"	{"k": 3, "ü": "a\\tb\\n\\\\c"}	{"b":1, "a" : [1,2] }	\\xeccbc87e4b5ce2fe28308fd9f2a7baf3	{{x,y},{NULL,"\\""}}	"a"=>"1", "b"=>NULL	CiText	(l,3.00)	3	["2026-11-26 18:20:15.061422+00","2026-11-27 18:20:15.061422+00")	0.4285714286	NaN	3.3000002	1 mon -3 days	0099-01-01 00:00:00+00 BC	infinity	12:00:00+05:30	::1	08:00:2b:01:02:03	29241fd2-fe24-4391-a8b5-9ab0f38de9d7	<a>ü</a>	101	'brown':3 'fox':4 'quick':2	(1,2)	\N	\\N	line\nline\r\n\\.\n
4	85	4	a	{sad,漢字}	it's "fine"	{"k": 4, "ü": "a\\tb\\n\\\\c"}	{"b":1, "a" : [1,2] }	\\xa87ff679a2f3e71d9181a67b7542122c	{{x,y},{NULL,"\\""}}	"a"=>"1", "b"=>NULL	CiText	(l,4.00)	4	["2026-11-26 18:20:15.061422+00","2026-11-27 18:20:15.061422+00")	0.5714285714	NaN	4.4	1 mon -3 days	0099-01-01 00:00:00+00 BC	infinity	12:00:00+05:30	::1	08:00:2b:01:02:03	9b223987-1613-4ef2-9e6f-94dfe6f63684	<a>ü</a>	101	'brown':3 'fox':4 'quick':2	(1,2)	\N	\\N	line\nline\r\n\\.\n
5	80	5	b	{sad,漢字}	it's "fine"	{"k": 5, "ü": "a\\tb\\n\\\\c"}	{"b":1, "a" : [1,2] }	\\xe4da3b7fbbce2345d7772b0674a318d5	{{x,y},{NULL,"\\""}}	"a"=>"1", "b"=>NULL	CiText	(l,5.00)	5	["2026-11-26 18:20:15.061422+00","2026-11-27 18:20:15.061422+00")	0.7142857143	NaN	5.5	1 mon -3 days	0099-01-01 00:00:00+00 BC	infinity	12:00:00+05:30	::1	08:00:2b:01:02:03	59c75134-b0f1-4314-b4d5-9f035f0f17df	<a>ü</a>	101	'brown':3 'fox':4 'quick':2	(1,2)	\N	\\N	line\nline\r\n\\.\n
6	75	6	ü	{sad,漢字}	it's "fine"	{"k": 6, "ü": "a\\tb\\n\\\\c"}	{"b":1, "a" : [1,2] }	\\x1679091c5a880faf6fb5e6087eb1b2dc	{{x,y},{NULL,"\\""}}	"a"=>"1", "b"=>NULL	CiText	(l,6.00)	6	["2026-11-26 18:20:15.061422+00","2026-11-27 18:20:15.061422+00")	0.8571428571	NaN	6.6000004	1 mon -3 days	0099-01-01 00:00:00+00 BC	infinity	12:00:00+05:30	::1	08:00:2b:01:02:03	1fbf0256-bdfa-46d4-9723-781a72546649	<a>ü</a>	101	'brown':3 'fox':4 'quick':2	(1,2)	\N	\\N	line\nline\r\n\\.\n
7	70	7	it's	{sad,漢字}	it's "fine"	{"k": 7, "ü": "a\\tb\\n\\\\c"}	{"b":1, "a" : [1,2] }	\\x8f14e45fceea167a5a36dedd4bea2543	{{x,y},{NULL,"\\""}}	"a"=>"1", "b"=>NULL	CiText	(l,7.00)	7	["2026-11-26 18:20:15.061422+00","2026-11-27 18:20:15.061422+00")	1.0000000000	NaN	7.7000003	1 mon -3 days	0099-01-01 00:00:00+00 BC	infinity	12:00:00+05:30	::1	08:00:2b:01:02:03	aa079773-da09-4d6e-bf6a-68355bacb49c	<a>ü</a>	101	'brown':3 'fox':4 'quick':2	(1,2)	\N	\\N	line\nline\r\n\\.\n
8	65	8	a	{sad,漢字}	it's "fine"	{"k": 8, "ü": "a\\tb\\n\\\\c"}	{"b":1, "a" : [1,2] }	\\xc9f0f895fb98ab9159f51fd0297e236d	{{x,y},{NULL,"\\""}}	"a"=>"1", "b"=>NULL	CiText	(l,8.00)	8	["2026-11-26 18:20:15.061422+00","2026-11-27 18:20:15.061422+00")	1.1428571429	NaN	8.8	1 mon -3 days	0099-01-01 00:00:00+00 BC	infinity	12:00:00+05:30	::1	08:00:2b:01:02:03	6a7f1ac7-ef5d-49c4-a48a-9382fa304a72	<a>ü</a>	101	'brown':3 'fox':4 'quick':2	(1,2)	\N	\\N	line\nline\r\n\\.\n
9	60	9	b	{sad,漢字}	it's "fine"	{"k": 9, "ü": "a\\tb\\n\\\\c"}	{"b":1, "a" : [1,2] }	\\x45c48cce2e2d7fbdea1afc51c7c6ad26	{{x,y},{NULL,"\\""}}	"a"=>"1", "b"=>NULL	CiText	(l,9.00)	9	["2026-11-26 18:20:15.061422+00","2026-11-27 18:20:15.061422+00")	1.2857142857	NaN	9.900001	1 mon -3 days	0099-01-01 00:00:00+00 BC	infinity	12:00:00+05:30	::1	08:00:2b:01:02:03	df5cb3a3-43e2-45f9-92f4-fe709c59da80	<a>ü</a>	101	'brown':3 'fox':4 'quick':2	(1,2)	\N	\\N	line\nline\r\n\\.\n
10	55	10	ü	{sad,漢字}	it's "fine"	{"k": 10, "ü": "a\\tb\\n\\\\c"}	{"b":1, "a" : [1,2] }	\\xd3d9446802a44259755d38e6d163e820	{{x,y},{NULL,"\\""}}	"a"=>"1", "b"=>NULL	CiText	(l,10.00)	10	["2026-11-26 18:20:15.061422+00","2026-11-27 18:20:15.061422+00")	1.4285714286	NaN	11	1 mon -3 days	0099-01-01 00:00:00+00 BC	infinity	12:00:00+05:30	::1	08:00:2b:01:02:03	4adab55c-5602-4011-9320-43505c2c91aa	<a>ü</a>	101	'brown':3 'fox':4 'quick':2	(1,2)	\N	\\N	line\nline\r\n\\.\n
11	50	11	it's	{sad,漢字}	it's "fine"	{"k": 11, "ü": "a\\tb\\n\\\\c"}	{"b":1, "a" : [1,2] }	\\x6512bd43d9caa6e02c990b0a82652dca	{{x,y},{NULL,"\\""}}	"a"=>"1", "b"=>NULL	CiText	(l,11.00)	11	["2026-11-26 18:20:15.061422+00","2026-11-27 18:20:15.061422+00")	1.5714285714	NaN	12.1	1 mon -3 days	0099-01-01 00:00:00+00 BC	infinity	12:00:00+05:30	::1	08:00:2b:01:02:03	3a99083b-f4fd-4410-850f-60f3811fc8c8	<a>ü</a>	101	'brown':3 'fox':4 'quick':2	(1,2)	\N	\\N	line\nline\r\n\\.\n
12	45	12	a	{sad,漢字}	it's "fine"	{"k": 12, "ü": "a\\tb\\n\\\\c"}	{"b":1, "a" : [1,2] }	\\xc20ad4d76fe97759aa27a0c99bff6710	{{x,y},{NULL,"\\""}}	"a"=>"1", "b"=>NULL	CiText	(l,12.00)	12	["2026-11-26 18:20:15.061422+00","2026-11-27 18:20:15.061422+00")	1.7142857143	NaN	13.200001	1 mon -3 days	0099-01-01 00:00:00+00 BC	infinity	12:00:00+05:30	::1	08:00:2b:01:02:03	d0f9ff9a-e3d3-40b5-85a1-2aded7ff6ba3	<a>ü</a>	101	'brown':3 'fox':4 'quick':2	(1,2)	\N	\\N	line\nline\r\n\\.\n
1	100	1	b	{sad,漢字}	it's "fine"	{"k": 1, "ü": "a\\tb\\n\\\\c"}	{"b":1, "a" : [1,2] }	\\xc4ca4238a0b923820dcc509a6f75849b	{{x,y},{NULL,"\\""}}	"a"=>"1", "b"=>NULL	CiText	(l,1.00)	1	["2026-11-26 18:20:15.061422+00","2026-11-27 18:20:15.061422+00")	0.1428571429	NaN	1.1	1 mon -3 days	0099-01-01 00:00:00+00 BC	infinity	12:00:00+05:30	::1	08:00:2b:01:02:03	93d5291c-591b-431d-bf71-a5a3ea1251d9	<a>ü</a>	101	'brown':3 'fox':4 'quick':2	(1,2)	16879	\\N	line\nline\r\n\\.\n
2	95	2	ü	{sad,漢字}	it's "fine"	{"k": 2, "ü": "a\\tb\\n\\\\c"}	{"b":1, "a" : [1,2] }	\\xc81e728d9d4c2f636f067f89cc14862c	{{x,y},{NULL,"\\""}}	"a"=>"1", "b"=>NULL	CiText	(l,2.00)	2	["2026-11-26 18:20:15.061422+00","2026-11-27 18:20:15.061422+00")	0.2857142857	NaN	2.2	1 mon -3 days	0099-01-01 00:00:00+00 BC	infinity	12:00:00+05:30	::1	08:00:2b:01:02:03	e8293d2f-b290-4b0e-9e0d-983a4a185aba	<a>ü</a>	101	'brown':3 'fox':4 'quick':2	(1,2)	16880	\\N	line\nline\r\n\\.\n
\.


--
-- Data for Name: child; Type: TABLE DATA; Schema: public; Owner: tracehub
--

COPY public.child (a, b) FROM stdin;
2	3
\.


--
-- Data for Name: containers; Type: TABLE DATA; Schema: public; Owner: tracehub
--

COPY public.containers (id, number, size, created_at) FROM stdin;
1	MSKU1234565	40HC	2026-11-26 18:18:19.267041+00
2	TCLU7654320	20GP	2026-11-26 18:18:19.267041+00
\.


--
-- Data for Name: customers; Type: TABLE DATA; Schema: public; Owner: tracehub
--

COPY public.customers (id, name, email, created_at) FROM stdin;
1	Nordlicht Feinkost GmbH	import@nordlicht-feinkost.example	2026-11-26 18:18:19.267041+00
2	Atlas Cocoa Traders	desk@atlas-cocoa.example	2026-11-26 18:18:19.267041+00
3	Vibo Hoof & Horn Ltd	exports@vibo-hh.example	2026-11-26 18:18:19.267041+00
\.


--
-- Data for Name: documents; Type: TABLE DATA; Schema: public; Owner: tracehub
--

COPY public.documents (id, shipment_id, filename, stored_as, size, sha256, created_at) FROM stdin;
\.


--
-- Data for Name: no_columns; Type: TABLE DATA; Schema: public; Owner: tracehub
--

COPY public.no_columns  FROM stdin;


\.


--
-- Data for Name: parent; Type: TABLE DATA; Schema: public; Owner: tracehub
--

COPY public.parent (a) FROM stdin;
1
\.


--
-- Data for Name: parts_2025; Type: TABLE DATA; Schema: public; Owner: tracehub
--

COPY public.parts_2025 (id, at, note) FROM stdin;
1	2025-06-02	n1
2	2025-06-03	n2
3	2025-06-04	n3
4	2025-06-05	n4
5	2025-06-06	n5
6	2025-06-07	n6
7	2025-06-08	n7
8	2025-06-09	n8
9	2025-06-10	n9
10	2025-06-11	n10
11	2025-06-12	n11
12	2025-06-13	n12
13	2025-06-14	n13
14	2025-06-15	n14
15	2025-06-16	n15
16	2025-06-17	n16
17	2025-06-18	n17
18	2025-06-19	n18
19	2025-06-20	n19
20	2025-06-21	n20
\.


--
-- Data for Name: parts_2026_0; Type: TABLE DATA; Schema: public; Owner: tracehub
--

COPY public.parts_2026_0 (id, at, note) FROM stdin;
\.


--
-- Data for Name: parts_2026_1; Type: TABLE DATA; Schema: public; Owner: tracehub
--

COPY public.parts_2026_1 (id, at, note) FROM stdin;
\.


--
-- Data for Name: parts_rest; Type: TABLE DATA; Schema: public; Owner: tracehub
--

COPY public.parts_rest (id, at, note) FROM stdin;
\.


--
-- Data for Name: quick; Type: TABLE DATA; Schema: public; Owner: tracehub
--

COPY public.quick (a) FROM stdin;
1
\.


--
-- Data for Name: shipments; Type: TABLE DATA; Schema: public; Owner: tracehub
--

COPY public.shipments (id, reference, customer_id, container_id, status, origin, destination, created_at, metadata, carrier) FROM stdin;
1	S-55	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
2	S-27	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
3	S-23	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
4	S-56	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
5	S-91	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
6	S-58	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
7	S-8	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
8	S-87	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
9	S-74	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
10	S-54	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
11	S-29	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
12	S-71	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
13	S-68	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
14	S-4	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
15	S-34	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
16	S-51	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
17	S-96	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
18	S-80	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
19	S-70	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
20	S-52	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
21	S-83	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
22	S-67	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
23	S-63	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
24	S-90	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
25	S-10	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
26	S-35	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
27	S-45	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
28	S-6	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
29	S-86	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
30	S-84	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
31	S-39	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
32	S-92	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
33	S-93	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
34	S-89	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
35	S-69	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
36	S-36	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
37	S-31	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
38	S-50	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
39	S-60	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
40	S-97	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
41	S-14	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
42	S-66	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
43	S-22	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
44	S-59	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
45	S-13	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
46	S-65	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
47	S-2	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
48	S-16	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
49	S-62	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
50	S-75	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
51	S-98	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
52	S-73	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
53	S-44	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
54	S-11	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
55	S-99	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
56	S-42	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
57	S-88	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
58	S-82	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
59	S-41	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
60	S-46	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
61	S-40	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
62	S-43	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
63	S-53	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
64	S-32	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
65	S-9	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
66	S-7	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
67	S-100	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
68	S-38	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
69	S-15	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
70	S-79	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
71	S-48	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
72	S-26	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
73	S-12	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
74	S-85	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
75	S-72	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
76	S-95	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
77	S-78	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
78	S-57	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
79	S-24	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
80	S-81	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
81	S-61	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
82	S-19	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
83	S-77	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
84	S-25	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
85	S-94	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
86	S-30	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
87	S-21	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
88	S-49	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
89	S-47	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
90	S-3	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
91	S-17	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
92	S-37	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
93	S-28	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
94	S-20	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
95	S-33	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
96	S-1	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
97	S-76	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
98	S-5	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
99	S-18	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
100	S-64	1	\N	booked	\N	\N	2026-11-26 18:18:25.627037+00	{}	\N
\.


--
-- Data for Name: users; Type: TABLE DATA; Schema: public; Owner: tracehub
--

COPY public.users (id, email, created_at, role) FROM stdin;
1	demo@tracehub.example	2026-11-26 18:18:19.448815+00	admin
\.


--
-- Name: awkward_by_default_seq; Type: SEQUENCE SET; Schema: public; Owner: tracehub
--

SELECT pg_catalog.setval('public.awkward_by_default_seq', 45, true);


--
-- Name: awkward_id_seq; Type: SEQUENCE SET; Schema: public; Owner: tracehub
--

SELECT pg_catalog.setval('public.awkward_id_seq', 12, true);


--
-- Name: awkward_serial_one_seq; Type: SEQUENCE SET; Schema: public; Owner: tracehub
--

SELECT pg_catalog.setval('public.awkward_serial_one_seq', 12, true);


--
-- Name: containers_id_seq; Type: SEQUENCE SET; Schema: public; Owner: tracehub
--

SELECT pg_catalog.setval('public.containers_id_seq', 2, true);


--
-- Name: counter; Type: SEQUENCE SET; Schema: public; Owner: tracehub
--

SELECT pg_catalog.setval('public.counter', 32, true);


--
-- Name: customers_id_seq; Type: SEQUENCE SET; Schema: public; Owner: tracehub
--

SELECT pg_catalog.setval('public.customers_id_seq', 3, true);


--
-- Name: documents_id_seq; Type: SEQUENCE SET; Schema: public; Owner: tracehub
--

SELECT pg_catalog.setval('public.documents_id_seq', 1, false);


--
-- Name: downward; Type: SEQUENCE SET; Schema: public; Owner: tracehub
--

SELECT pg_catalog.setval('public.downward', -1, true);


--
-- Name: never_called; Type: SEQUENCE SET; Schema: public; Owner: tracehub
--

SELECT pg_catalog.setval('public.never_called', 42, false);


--
-- Name: shipments_id_seq; Type: SEQUENCE SET; Schema: public; Owner: tracehub
--

SELECT pg_catalog.setval('public.shipments_id_seq', 100, true);


--
-- Name: users_id_seq; Type: SEQUENCE SET; Schema: public; Owner: tracehub
--

SELECT pg_catalog.setval('public.users_id_seq', 1, true);


--
-- Data for Name: BLOBS; Type: BLOBS; Schema: -; Owner: -
--

BEGIN;

SELECT pg_catalog.lo_open('16879', 131072);
SELECT pg_catalog.lowrite(0, '\x00ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff4100ff41');
SELECT pg_catalog.lo_close(0);

SELECT pg_catalog.lo_open('16880', 131072);
SELECT pg_catalog.lo_close(0);

SELECT pg_catalog.lo_open('16881', 131072);
SELECT pg_catalog.lowrite(0, '\x00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000078');
SELECT pg_catalog.lo_close(0);

COMMIT;

--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: awkward awkward_pkey; Type: CONSTRAINT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.awkward
    ADD CONSTRAINT awkward_pkey PRIMARY KEY (id);


--
-- Name: containers containers_number_key; Type: CONSTRAINT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.containers
    ADD CONSTRAINT containers_number_key UNIQUE (number);


--
-- Name: containers containers_pkey; Type: CONSTRAINT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.containers
    ADD CONSTRAINT containers_pkey PRIMARY KEY (id);


--
-- Name: customers customers_email_key; Type: CONSTRAINT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_email_key UNIQUE (email);


--
-- Name: customers customers_pkey; Type: CONSTRAINT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (id);


--
-- Name: documents documents_pkey; Type: CONSTRAINT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (id);


--
-- Name: documents documents_stored_as_key; Type: CONSTRAINT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_stored_as_key UNIQUE (stored_as);


--
-- Name: awkward no_overlap; Type: CONSTRAINT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.awkward
    ADD CONSTRAINT no_overlap EXCLUDE USING gist (s WITH &&) WHERE (((n)::integer < 0)) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: shipments shipments_pkey; Type: CONSTRAINT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.shipments
    ADD CONSTRAINT shipments_pkey PRIMARY KEY (id);


--
-- Name: shipments shipments_reference_key; Type: CONSTRAINT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.shipments
    ADD CONSTRAINT shipments_reference_key UNIQUE (reference);


--
-- Name: users users_email_key; Type: CONSTRAINT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


--
-- Name: awkward_doc; Type: INDEX; Schema: public; Owner: tracehub
--

CREATE INDEX awkward_doc ON public.awkward USING gin (document);


--
-- Name: awkward_expr; Type: INDEX; Schema: public; Owner: tracehub
--

CREATE UNIQUE INDEX awkward_expr ON public.awkward USING btree (lower(odd), id) WHERE ((n)::integer > 0);


--
-- Name: awkward_trgm; Type: INDEX; Schema: public; Owner: tracehub
--

CREATE INDEX awkward_trgm ON public.awkward USING gin (name public.gin_trgm_ops);


--
-- Name: ix_documents_shipment_id; Type: INDEX; Schema: public; Owner: tracehub
--

CREATE INDEX ix_documents_shipment_id ON public.documents USING btree (shipment_id);


--
-- Name: ix_shipments_status_created_at; Type: INDEX; Schema: public; Owner: tracehub
--

CREATE INDEX ix_shipments_status_created_at ON public.shipments USING btree (status, created_at);


--
-- Name: mv_c_idx; Type: INDEX; Schema: public; Owner: tracehub
--

CREATE UNIQUE INDEX mv_c_idx ON public.mv USING btree (c);


--
-- Name: parts_at_idx; Type: INDEX; Schema: public; Owner: tracehub
--

CREATE INDEX parts_at_idx ON ONLY public.parts USING btree (at);


--
-- Name: parts_2025_at_idx; Type: INDEX; Schema: public; Owner: tracehub
--

CREATE INDEX parts_2025_at_idx ON public.parts_2025 USING btree (at);


--
-- Name: parts_2026_at_idx; Type: INDEX; Schema: public; Owner: tracehub
--

CREATE INDEX parts_2026_at_idx ON ONLY public.parts_2026 USING btree (at);


--
-- Name: parts_2026_0_at_idx; Type: INDEX; Schema: public; Owner: tracehub
--

CREATE INDEX parts_2026_0_at_idx ON public.parts_2026_0 USING btree (at);


--
-- Name: parts_2026_1_at_idx; Type: INDEX; Schema: public; Owner: tracehub
--

CREATE INDEX parts_2026_1_at_idx ON public.parts_2026_1 USING btree (at);


--
-- Name: parts_rest_at_idx; Type: INDEX; Schema: public; Owner: tracehub
--

CREATE INDEX parts_rest_at_idx ON public.parts_rest USING btree (at);


--
-- Name: parts_2025_at_idx; Type: INDEX ATTACH; Schema: public; Owner: tracehub
--

ALTER INDEX public.parts_at_idx ATTACH PARTITION public.parts_2025_at_idx;


--
-- Name: parts_2026_0_at_idx; Type: INDEX ATTACH; Schema: public; Owner: tracehub
--

ALTER INDEX public.parts_2026_at_idx ATTACH PARTITION public.parts_2026_0_at_idx;


--
-- Name: parts_2026_1_at_idx; Type: INDEX ATTACH; Schema: public; Owner: tracehub
--

ALTER INDEX public.parts_2026_at_idx ATTACH PARTITION public.parts_2026_1_at_idx;


--
-- Name: parts_2026_at_idx; Type: INDEX ATTACH; Schema: public; Owner: tracehub
--

ALTER INDEX public.parts_at_idx ATTACH PARTITION public.parts_2026_at_idx;


--
-- Name: parts_rest_at_idx; Type: INDEX ATTACH; Schema: public; Owner: tracehub
--

ALTER INDEX public.parts_at_idx ATTACH PARTITION public.parts_rest_at_idx;


--
-- Name: awkward_stats; Type: STATISTICS; Schema: public; Owner: tracehub
--

CREATE STATISTICS public.awkward_stats ON name, n FROM public.awkward;


ALTER STATISTICS public.awkward_stats OWNER TO tracehub;

--
-- Name: quick no_delete; Type: RULE; Schema: public; Owner: tracehub
--

CREATE RULE no_delete AS
    ON DELETE TO public.quick DO INSTEAD NOTHING;


--
-- Name: parts touches; Type: TRIGGER; Schema: public; Owner: tracehub
--

CREATE TRIGGER touches BEFORE UPDATE ON public.parts FOR EACH ROW EXECUTE FUNCTION public.touch();


--
-- Name: documents documents_shipment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_shipment_id_fkey FOREIGN KEY (shipment_id) REFERENCES public.shipments(id) ON DELETE CASCADE;


--
-- Name: shipments shipments_container_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.shipments
    ADD CONSTRAINT shipments_container_id_fkey FOREIGN KEY (container_id) REFERENCES public.containers(id);


--
-- Name: shipments shipments_customer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: tracehub
--

ALTER TABLE ONLY public.shipments
    ADD CONSTRAINT shipments_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);


--
-- Name: table with | and newline mine; Type: POLICY; Schema: odd "schema; Owner: tracehub
--

CREATE POLICY mine ON "odd ""schema"."table with | and
newline" FOR SELECT USING ((a > 0));


--
-- Name: table with | and newline; Type: ROW SECURITY; Schema: odd "schema; Owner: tracehub
--

ALTER TABLE "odd ""schema"."table with | and
newline" ENABLE ROW LEVEL SECURITY;

--
-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: pg_database_owner
--

GRANT USAGE ON SCHEMA public TO reader;


--
-- Name: FUNCTION add(a integer, b integer); Type: ACL; Schema: public; Owner: tracehub
--

REVOKE ALL ON FUNCTION public.add(a integer, b integer) FROM PUBLIC;


--
-- Name: TABLE awkward; Type: ACL; Schema: public; Owner: tracehub
--

GRANT SELECT ON TABLE public.awkward TO reader;


--
-- Name: COLUMN awkward.name; Type: ACL; Schema: public; Owner: tracehub
--

GRANT UPDATE(name) ON TABLE public.awkward TO reader WITH GRANT OPTION;


--
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: public; Owner: tracehub
--

ALTER DEFAULT PRIVILEGES FOR ROLE tracehub IN SCHEMA public GRANT SELECT ON TABLES  TO reader;


--
-- Name: mv; Type: MATERIALIZED VIEW DATA; Schema: public; Owner: tracehub
--

REFRESH MATERIALIZED VIEW public.mv;


--
-- PostgreSQL database dump complete
--

\unrestrict go8dkAXuHRXVy7gBb1ERbaqpGm34Jz3w0uHe8QolzhCViHqy7gla1xaPpjj2TBz

