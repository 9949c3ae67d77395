import type { DatabaseSync, SqlValue } from 'freshet';
import type { Random } from '../oracle/random.ts';

/** The schema of TPC-H (https://www.tpc.org/tpch/), with the types that it would be given in SQLite. */
export const tpchSchema = `
  CREATE TABLE region (r_regionkey INTEGER PRIMARY KEY, r_name TEXT, r_comment TEXT);
  CREATE TABLE nation (n_nationkey INTEGER PRIMARY KEY, n_name TEXT, n_regionkey INTEGER, n_comment TEXT);
  CREATE TABLE supplier (s_suppkey INTEGER PRIMARY KEY, s_name TEXT, s_address TEXT, s_nationkey INTEGER, s_phone TEXT, s_acctbal INTEGER, s_comment TEXT);
  CREATE TABLE part (p_partkey INTEGER PRIMARY KEY, p_name TEXT, p_mfgr TEXT, p_brand TEXT, p_type TEXT, p_size INTEGER, p_container TEXT, p_retailprice INTEGER, p_comment TEXT);
  CREATE TABLE partsupp (ps_partkey INTEGER, ps_suppkey INTEGER, ps_availqty INTEGER, ps_supplycost INTEGER, ps_comment TEXT, PRIMARY KEY (ps_partkey, ps_suppkey));
  CREATE TABLE customer (c_custkey INTEGER PRIMARY KEY, c_name TEXT, c_address TEXT, c_nationkey INTEGER, c_phone TEXT, c_acctbal INTEGER, c_mktsegment TEXT, c_comment TEXT);
  CREATE TABLE orders (o_orderkey INTEGER PRIMARY KEY, o_custkey INTEGER, o_orderstatus TEXT, o_totalprice INTEGER, o_orderdate TEXT, o_orderpriority TEXT, o_clerk TEXT, o_shippriority INTEGER, o_comment TEXT);
  CREATE TABLE lineitem (l_orderkey INTEGER, l_partkey INTEGER, l_suppkey INTEGER, l_linenumber INTEGER, l_quantity INTEGER, l_extendedprice INTEGER, l_discount INTEGER, l_tax INTEGER, l_returnflag TEXT, l_linestatus TEXT, l_shipdate TEXT, l_commitdate TEXT, l_receiptdate TEXT, l_shipinstruct TEXT, l_shipmode TEXT, l_comment TEXT, PRIMARY KEY (l_orderkey, l_linenumber));
  CREATE INDEX l_part ON lineitem (l_partkey, l_suppkey);
  CREATE INDEX o_cust ON orders (o_custkey);
  CREATE VIEW revenue (supplier_no, total_revenue) AS SELECT l_suppkey, sum(l_extendedprice * (100 - l_discount)) FROM lineitem
    WHERE l_shipdate >= date('1994-01-01') AND l_shipdate < date('1994-01-01', '+3 months') GROUP BY l_suppkey;
`;

/** The 22 queries in SQLite's dialect; prices are whole cents and discounts whole percents, so that sums are exact. */
export const tpchQueries: readonly string[] = [
  `SELECT l_returnflag, l_linestatus, sum(l_quantity) AS sum_qty, sum(l_extendedprice) AS sum_base_price, sum(l_extendedprice * (100 - l_discount)) AS sum_disc_price,
     sum(l_extendedprice * (100 - l_discount) * (100 + l_tax)) AS sum_charge, avg(l_quantity) AS avg_qty, avg(l_extendedprice) AS avg_price, avg(l_discount) AS avg_disc, count(*) AS count_order
   FROM lineitem WHERE l_shipdate <= date('1998-12-01', '-90 days') GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus`,
  `SELECT s_acctbal, s_name, n_name, p_partkey, p_mfgr, s_address, s_phone, s_comment FROM part, supplier, partsupp, nation, region
   WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND p_size = 15 AND p_type LIKE '%BRASS' AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND r_name = 'EUROPE'
     AND ps_supplycost = (SELECT min(ps_supplycost) FROM partsupp, supplier, nation, region WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND r_name = 'EUROPE')
   ORDER BY s_acctbal DESC, n_name, s_name, p_partkey LIMIT 100`,
  `SELECT l_orderkey, sum(l_extendedprice * (100 - l_discount)) AS revenue, o_orderdate, o_shippriority FROM customer, orders, lineitem
   WHERE c_mktsegment = 'BUILDING' AND c_custkey = o_custkey AND l_orderkey = o_orderkey AND o_orderdate < date('1995-03-15') AND l_shipdate > date('1995-03-15')
   GROUP BY l_orderkey, o_orderdate, o_shippriority ORDER BY revenue DESC, o_orderdate, l_orderkey LIMIT 10`,
  `SELECT o_orderpriority, count(*) AS order_count FROM orders WHERE o_orderdate >= date('1993-07-01') AND o_orderdate < date('1993-07-01', '+3 months')
     AND EXISTS (SELECT * FROM lineitem WHERE l_orderkey = o_orderkey AND l_commitdate < l_receiptdate) GROUP BY o_orderpriority ORDER BY o_orderpriority`,
  `SELECT n_name, sum(l_extendedprice * (100 - l_discount)) AS revenue FROM customer, orders, lineitem, supplier, nation, region
   WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey AND l_suppkey = s_suppkey AND c_nationkey = s_nationkey AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND r_name = 'ASIA'
     AND o_orderdate >= date('1994-01-01') AND o_orderdate < date('1994-01-01', '+1 year') GROUP BY n_name ORDER BY revenue DESC, n_name`,
  `SELECT sum(l_extendedprice * l_discount) AS revenue FROM lineitem WHERE l_shipdate >= date('1994-01-01') AND l_shipdate < date('1994-01-01', '+1 year') AND l_discount BETWEEN 5 AND 7 AND l_quantity < 24`,
  `SELECT supp_nation, cust_nation, l_year, sum(volume) AS revenue FROM (
     SELECT n1.n_name AS supp_nation, n2.n_name AS cust_nation, strftime('%Y', l_shipdate) AS l_year, l_extendedprice * (100 - l_discount) AS volume
     FROM supplier, lineitem, orders, customer, nation n1, nation n2
     WHERE s_suppkey = l_suppkey AND o_orderkey = l_orderkey AND c_custkey = o_custkey AND s_nationkey = n1.n_nationkey AND c_nationkey = n2.n_nationkey
       AND ((n1.n_name = 'FRANCE' AND n2.n_name = 'GERMANY') OR (n1.n_name = 'GERMANY' AND n2.n_name = 'FRANCE')) AND l_shipdate BETWEEN date('1995-01-01') AND date('1996-12-31')) AS shipping
   GROUP BY supp_nation, cust_nation, l_year ORDER BY supp_nation, cust_nation, l_year`,
  `SELECT o_year, sum(CASE WHEN nation = 'BRAZIL' THEN volume ELSE 0 END) * 1.0 / sum(volume) AS mkt_share FROM (
     SELECT strftime('%Y', o_orderdate) AS o_year, l_extendedprice * (100 - l_discount) AS volume, n2.n_name AS nation FROM part, supplier, lineitem, orders, customer, nation n1, nation n2, region
     WHERE p_partkey = l_partkey AND s_suppkey = l_suppkey AND l_orderkey = o_orderkey AND o_custkey = c_custkey AND c_nationkey = n1.n_nationkey AND n1.n_regionkey = r_regionkey AND r_name = 'AMERICA'
       AND s_nationkey = n2.n_nationkey AND o_orderdate BETWEEN date('1995-01-01') AND date('1996-12-31') AND p_type = 'ECONOMY ANODIZED STEEL') AS all_nations
   GROUP BY o_year ORDER BY o_year`,
  `SELECT nation, o_year, sum(amount) AS sum_profit FROM (
     SELECT n_name AS nation, strftime('%Y', o_orderdate) AS o_year, l_extendedprice * (100 - l_discount) - ps_supplycost * l_quantity * 100 AS amount FROM part, supplier, lineitem, partsupp, orders, nation
     WHERE s_suppkey = l_suppkey AND ps_suppkey = l_suppkey AND ps_partkey = l_partkey AND p_partkey = l_partkey AND o_orderkey = l_orderkey AND s_nationkey = n_nationkey AND p_name LIKE '%green%') AS profit
   GROUP BY nation, o_year ORDER BY nation, o_year DESC`,
  `SELECT c_custkey, c_name, sum(l_extendedprice * (100 - l_discount)) AS revenue, c_acctbal, n_name, c_address, c_phone, c_comment FROM customer, orders, lineitem, nation
   WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey AND o_orderdate >= date('1993-10-01') AND o_orderdate < date('1993-10-01', '+3 months') AND l_returnflag = 'R' AND c_nationkey = n_nationkey
   GROUP BY c_custkey, c_name, c_acctbal, c_phone, n_name, c_address, c_comment ORDER BY revenue DESC, c_custkey LIMIT 20`,
  `SELECT ps_partkey, sum(ps_supplycost * ps_availqty) AS value FROM partsupp, supplier, nation WHERE ps_suppkey = s_suppkey AND s_nationkey = n_nationkey AND n_name = 'GERMANY'
   GROUP BY ps_partkey HAVING sum(ps_supplycost * ps_availqty) > (SELECT sum(ps_supplycost * ps_availqty) * 0.01 FROM partsupp, supplier, nation WHERE ps_suppkey = s_suppkey AND s_nationkey = n_nationkey AND n_name = 'GERMANY')
   ORDER BY value DESC, ps_partkey`,
  `SELECT l_shipmode, sum(CASE WHEN o_orderpriority = '1-URGENT' OR o_orderpriority = '2-HIGH' THEN 1 ELSE 0 END) AS high_line_count, sum(CASE WHEN o_orderpriority <> '1-URGENT' AND o_orderpriority <> '2-HIGH' THEN 1 ELSE 0 END) AS low_line_count
   FROM orders, lineitem WHERE o_orderkey = l_orderkey AND l_shipmode IN ('MAIL', 'SHIP') AND l_commitdate < l_receiptdate AND l_shipdate < l_commitdate
     AND l_receiptdate >= date('1994-01-01') AND l_receiptdate < date('1994-01-01', '+1 year') GROUP BY l_shipmode ORDER BY l_shipmode`,
  `SELECT c_count, count(*) AS custdist FROM (
     SELECT c_custkey, count(o_orderkey) AS c_count FROM customer LEFT OUTER JOIN orders ON c_custkey = o_custkey AND o_comment NOT LIKE '%special%requests%' GROUP BY c_custkey) AS c_orders
   GROUP BY c_count ORDER BY custdist DESC, c_count DESC`,
  `SELECT 100.00 * sum(CASE WHEN p_type LIKE 'PROMO%' THEN l_extendedprice * (100 - l_discount) ELSE 0 END) / sum(l_extendedprice * (100 - l_discount)) AS promo_revenue FROM lineitem, part
   WHERE l_partkey = p_partkey AND l_shipdate >= date('1995-09-01') AND l_shipdate < date('1995-09-01', '+1 month')`,
  `SELECT s_suppkey, s_name, s_address, s_phone, total_revenue FROM supplier, revenue WHERE s_suppkey = supplier_no AND total_revenue = (SELECT max(total_revenue) FROM revenue) ORDER BY s_suppkey`,
  `SELECT p_brand, p_type, p_size, count(DISTINCT ps_suppkey) AS supplier_cnt FROM partsupp, part WHERE p_partkey = ps_partkey AND p_brand <> 'Brand#45' AND p_type NOT LIKE 'MEDIUM POLISHED%'
     AND p_size IN (49, 14, 23, 45, 19, 3, 36, 9) AND ps_suppkey NOT IN (SELECT s_suppkey FROM supplier WHERE s_comment LIKE '%Customer%Complaints%')
   GROUP BY p_brand, p_type, p_size ORDER BY supplier_cnt DESC, p_brand, p_type, p_size`,
  `SELECT sum(l_extendedprice) / 7.0 AS avg_yearly FROM lineitem, part WHERE p_partkey = l_partkey AND p_brand = 'Brand#23' AND p_container = 'MED BOX'
     AND l_quantity < (SELECT 0.2 * avg(l_quantity) FROM lineitem WHERE l_partkey = p_partkey)`,
  `SELECT c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice, sum(l_quantity) AS qty FROM customer, orders, lineitem
   WHERE o_orderkey IN (SELECT l_orderkey FROM lineitem GROUP BY l_orderkey HAVING sum(l_quantity) > 100) AND c_custkey = o_custkey AND o_orderkey = l_orderkey
   GROUP BY c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice ORDER BY o_totalprice DESC, o_orderdate, o_orderkey LIMIT 100`,
  `SELECT sum(l_extendedprice * (100 - l_discount)) AS revenue FROM lineitem, part
   WHERE (p_partkey = l_partkey AND p_brand = 'Brand#12' AND p_container IN ('SM CASE', 'SM BOX') AND l_quantity >= 1 AND l_quantity <= 11 AND p_size BETWEEN 1 AND 5 AND l_shipmode IN ('AIR', 'AIR REG') AND l_shipinstruct = 'DELIVER IN PERSON')
     OR (p_partkey = l_partkey AND p_brand = 'Brand#23' AND p_container IN ('MED BAG', 'MED BOX') AND l_quantity >= 10 AND l_quantity <= 20 AND p_size BETWEEN 1 AND 10 AND l_shipmode IN ('AIR', 'AIR REG') AND l_shipinstruct = 'DELIVER IN PERSON')
     OR (p_partkey = l_partkey AND p_brand = 'Brand#45' AND p_container IN ('LG CASE', 'LG BOX') AND l_quantity >= 20 AND l_quantity <= 30 AND p_size BETWEEN 1 AND 15 AND l_shipmode IN ('AIR', 'AIR REG') AND l_shipinstruct = 'DELIVER IN PERSON')`,
  `SELECT s_name, s_address FROM supplier, nation WHERE s_suppkey IN (
     SELECT ps_suppkey FROM partsupp WHERE ps_partkey IN (SELECT p_partkey FROM part WHERE p_name LIKE 'forest%')
       AND ps_availqty > (SELECT 0.5 * sum(l_quantity) FROM lineitem WHERE l_partkey = ps_partkey AND l_suppkey = ps_suppkey AND l_shipdate >= date('1994-01-01') AND l_shipdate < date('1994-01-01', '+1 year')))
     AND s_nationkey = n_nationkey AND n_name = 'CANADA' ORDER BY s_name`,
  `SELECT s_name, count(*) AS numwait FROM supplier, lineitem l1, orders, nation WHERE s_suppkey = l1.l_suppkey AND o_orderkey = l1.l_orderkey AND o_orderstatus = 'F' AND l1.l_receiptdate > l1.l_commitdate
     AND EXISTS (SELECT * FROM lineitem l2 WHERE l2.l_orderkey = l1.l_orderkey AND l2.l_suppkey <> l1.l_suppkey)
     AND NOT EXISTS (SELECT * FROM lineitem l3 WHERE l3.l_orderkey = l1.l_orderkey AND l3.l_suppkey <> l1.l_suppkey AND l3.l_receiptdate > l3.l_commitdate)
     AND s_nationkey = n_nationkey AND n_name = 'FRANCE' GROUP BY s_name ORDER BY numwait DESC, s_name LIMIT 100`,
  `SELECT cntrycode, count(*) AS numcust, sum(c_acctbal) AS totacctbal FROM (
     SELECT substr(c_phone, 1, 2) AS cntrycode, c_acctbal FROM customer WHERE substr(c_phone, 1, 2) IN ('13', '31', '23', '29', '30', '18', '17')
       AND c_acctbal > (SELECT avg(c_acctbal) FROM customer WHERE c_acctbal > 0 AND substr(c_phone, 1, 2) IN ('13', '31', '23', '29', '30', '18', '17'))
       AND NOT EXISTS (SELECT * FROM orders WHERE o_custkey = c_custkey)) AS custsale
   GROUP BY cntrycode ORDER BY cntrycode`,
];

const regions = ['AFRICA', 'AMERICA', 'ASIA', 'EUROPE'];
const nations = ['FRANCE', 'GERMANY', 'BRAZIL', 'CANADA', 'INDIA', 'CHINA'];
const types = ['ECONOMY ANODIZED STEEL', 'PROMO BRASS', 'MEDIUM POLISHED TIN', 'LARGE BRASS'];
const priorities = ['1-URGENT', '2-HIGH', '3-MEDIUM', '5-LOW'];

/** Values that the queries' own constants often meet. */
function rowsOf(random: Random) {
  const day = () =>
    `199${random.between(3, 5)}-${random.pick(['01', '02', '07', '09', '10'])}-${String(random.between(1, 28)).padStart(2, '0')}`;
  const comment = () => random.pick(['', 'special requests', 'Customer Complaints', 'x']);
  const phone = () => `${random.pick(['13', '31', '23', '44', '17'])}-555`;
  return {
    region: (id: number): SqlValue[] => [id, regions[id % regions.length] ?? null, ''],
    nation: (id: number): SqlValue[] => [id, nations[id % nations.length] ?? null, random.between(0, 3), ''],
    supplier: (id: number): SqlValue[] => [
      id,
      `Supplier#${id}`,
      `S${id}`,
      random.between(0, 5),
      phone(),
      random.between(-999, 9999),
      comment(),
    ],
    part: (id: number): SqlValue[] => [
      id,
      random.pick(['forest green', 'green', 'forest pink', 'blue']),
      `M#${random.between(1, 5)}`,
      random.pick(['Brand#12', 'Brand#23', 'Brand#45']),
      random.pick(types),
      random.pick([15, 3, 9, 14, 5, 2]),
      random.pick(['SM CASE', 'MED BOX', 'LG BOX', 'MED BAG']),
      100 + id,
      '',
    ],
    partsupp: (): SqlValue[] => [
      random.between(1, 12),
      random.between(1, 8),
      random.between(1, 60),
      random.between(1, 100),
      '',
    ],
    customer: (id: number): SqlValue[] => [
      id,
      `Customer#${id}`,
      `C${id}`,
      random.between(0, 5),
      phone(),
      random.between(-999, 9999),
      random.pick(['BUILDING', 'MACHINERY']),
      '',
    ],
    orders: (id: number): SqlValue[] => [
      id,
      random.between(1, 20),
      random.pick(['F', 'O']),
      random.between(1000, 99_999),
      day(),
      random.pick(priorities),
      'Clerk',
      0,
      comment(),
    ],
    lineitem: (): SqlValue[] => [
      random.between(1, 40),
      random.between(1, 12),
      random.between(1, 8),
      random.between(1, 5),
      random.between(1, 30),
      random.between(1000, 90_000),
      random.between(0, 10),
      random.between(0, 8),
      random.pick(['R', 'A', 'N']),
      random.pick(['O', 'F']),
      day(),
      day(),
      day(),
      'DELIVER IN PERSON',
      random.pick(['MAIL', 'SHIP', 'AIR', 'AIR REG']),
      '',
    ],
  };
}

const sizes = {
  region: 4,
  nation: 6,
  supplier: 8,
  part: 12,
  partsupp: 50,
  customer: 20,
  orders: 40,
  lineitem: 250,
} as const;
type Table = keyof typeof sizes;
const tables = Object.keys(sizes) as Table[];

function put(db: DatabaseSync, table: Table, random: Random, id: number): string {
  const row = rowsOf(random)[table](id);
  const sql = `INSERT OR REPLACE INTO ${table} VALUES (${row.map(() => '?').join()})`;
  db.execute(sql, row);
  return `${sql} ${JSON.stringify(row)}`;
}

export function fillTpch(db: DatabaseSync, random: Random): void {
  db.exec(tpchSchema);
  db.transaction(() => {
    for (const table of tables) {
      const first = table === 'region' || table === 'nation' ? 0 : 1;
      for (let id = first; id < sizes[table] + first; id++) put(db, table, random, id);
    }
  });
}

/** One to four rows written or deleted; gives what was done. */
export function tpchCommit(db: DatabaseSync, random: Random): string {
  return db.transaction(() =>
    Array.from({ length: random.between(1, 4) }, () => {
      const table = random.weighted<Table>([
        [6, 'lineitem'],
        [5, 'orders'],
        [2, 'partsupp'],
        [2, 'customer'],
        [2, 'part'],
        [2, 'supplier'],
        [1, 'nation'],
        [1, 'region'],
      ]);
      const id = random.between(table === 'region' || table === 'nation' ? 0 : 1, sizes[table]);
      if (random.chance(0.7) || table === 'region' || table === 'nation') return put(db, table, random, id);
      const sql = `DELETE FROM ${table} WHERE rowid = (SELECT rowid FROM ${table} LIMIT 1 OFFSET ${id - 1})`;
      db.execute(sql);
      return sql;
    }).join('\n'),
  );
}
