-- The sample database of the demo, for MariaDB. Each statement ends in ";" at a line's end.
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;
SET time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE', rand_seed1 = 4711, rand_seed2 = 815;

CREATE TABLE customers (
  id         bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email      varchar(120) NOT NULL,
  name       varchar(80) NOT NULL COMMENT 'as on the invoice',
  country    char(2) NOT NULL DEFAULT 'DE',
  born       date DEFAULT NULL,
  active     tinyint(1) NOT NULL DEFAULT 1,
  balance    decimal(12,2) NOT NULL DEFAULT 0.00,
  interests  set('books','music','garden','sport') NOT NULL DEFAULT '',
  settings   longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(settings)),
  token      binary(16) DEFAULT NULL,
  joined     timestamp(6) NOT NULL DEFAULT current_timestamp(6),
  UNIQUE KEY email (email),
  KEY country_name (country, name(20))
) ENGINE=InnoDB COMMENT='who buys';

CREATE TABLE categories (
  id    smallint unsigned NOT NULL PRIMARY KEY,
  name  varchar(40) CHARACTER SET latin1 NOT NULL
) ENGINE=InnoDB;

CREATE TABLE products (
  id          int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  category    smallint unsigned DEFAULT NULL,
  sku         varchar(20) NOT NULL,
  title       varchar(200) NOT NULL,
  description text DEFAULT NULL,
  price       decimal(10,2) NOT NULL,
  weight      double DEFAULT NULL,
  rating      float DEFAULT NULL,
  stock       mediumint NOT NULL DEFAULT 0,
  state       enum('draft','on sale','sold out') NOT NULL DEFAULT 'draft',
  since       year DEFAULT NULL,
  flags       bit(8) NOT NULL DEFAULT b'0',
  attributes  json DEFAULT NULL,
  picture     blob DEFAULT NULL,
  UNIQUE KEY sku (sku),
  KEY category (category),
  CONSTRAINT product_category FOREIGN KEY (category) REFERENCES categories (id) ON DELETE SET NULL ON UPDATE CASCADE
) ENGINE=InnoDB;

CREATE TABLE orders (
  id        int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer  bigint unsigned NOT NULL,
  state     enum('open','paid','shipped','returned') NOT NULL DEFAULT 'open',
  placed    datetime(3) NOT NULL,
  deliver   time DEFAULT NULL,
  total     decimal(14,2) NOT NULL DEFAULT 0.00,
  note      mediumtext DEFAULT NULL,
  KEY customer_placed (customer, placed),
  CONSTRAINT order_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE
) ENGINE=InnoDB;

CREATE TABLE order_items (
  order_id  int unsigned NOT NULL,
  line      tinyint unsigned NOT NULL,
  product   int unsigned NOT NULL,
  quantity  smallint NOT NULL,
  price     decimal(10,2) NOT NULL,
  PRIMARY KEY (order_id, line),
  KEY product (product),
  CONSTRAINT item_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT item_product FOREIGN KEY (product) REFERENCES products (id) ON UPDATE CASCADE
) ENGINE=InnoDB;

CREATE TABLE reviews (
  id        bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  product   int unsigned NOT NULL,
  customer  bigint unsigned DEFAULT NULL,
  stars     tinyint unsigned NOT NULL,
  words     text CHARACTER SET utf8mb4 NOT NULL,
  KEY product (product),
  KEY customer (customer),
  CONSTRAINT review_product FOREIGN KEY (product) REFERENCES products (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT review_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE SET NULL
) ENGINE=InnoDB;

-- No key at all, and rows that are there twice.
CREATE TABLE visits (
  at       datetime(6) NOT NULL,
  address  inet6 DEFAULT NULL,
  session  uuid DEFAULT NULL,
  path     varchar(100) NOT NULL,
  bytes    int unsigned DEFAULT NULL
) ENGINE=InnoDB;

CREATE TABLE `Odd "name" ✓` (
  `the key`  int NOT NULL PRIMARY KEY,
  `Value €`  varchar(50) DEFAULT NULL
) ENGINE=InnoDB;

-- Written last by the traffic: when the target shows it, everything has arrived.
CREATE TABLE pulse (
  id  int NOT NULL PRIMARY KEY,
  n   bigint NOT NULL
) ENGINE=InnoDB;

INSERT INTO pulse VALUES (1, 0);

INSERT INTO categories SELECT seq, ELT(seq, 'Bücher', 'Musik', 'Garten', 'Spiele', 'Küche', 'Übriges') FROM seq_1_to_6;

INSERT INTO `Odd "name" ✓` SELECT seq, NULLIF(CONCAT('na', REPEAT('ï', seq % 7), 've 🦎'), 'nave 🦎') FROM seq_1_to_500;

INSERT INTO customers (id, email, name, country, born, active, balance, interests, settings, token, joined)
SELECT seq, CONCAT('customer', seq, '@example.org'), CONCAT(ELT(1 + seq % 5, 'Zoë', 'José', 'Mei 美', 'Ann ''Q''', 'Bob\\'), ' ', seq),
  ELT(1 + seq % 4, 'DE', 'FR', 'PL', 'US'), IF(seq % 10 = 0, NULL, '1940-01-01' + INTERVAL (seq * 7 % 24000) DAY), seq % 9 <> 0,
  ROUND(RAND() * 20000 - 5000, 2), seq % 16,
  IF(seq % 6 = 0, NULL, JSON_OBJECT('lang', ELT(1 + seq % 3, 'de', 'en', 'fr'), 'limit', seq % 100, 'tags', JSON_ARRAY('a', seq, NULL))),
  IF(seq % 8 = 0, NULL, UNHEX(MD5(seq))), '2020-01-01 00:00:00' + INTERVAL seq * 4321 SECOND + INTERVAL seq MICROSECOND
FROM seq_1_to_30000;

INSERT INTO products (id, category, sku, title, description, price, weight, rating, stock, state, since, flags, attributes, picture)
SELECT seq, IF(seq % 11 = 0, NULL, 1 + seq % 6), CONCAT('SKU-', LPAD(seq, 6, '0')), CONCAT('Thing no. ', seq, ' ™'),
  IF(seq % 7 = 0, NULL, REPEAT(CONCAT('A thing\tof many parts,\nNo. ', seq, '. '), 1 + seq % 9)), ROUND(1 + RAND() * 500, 2), RAND() * 10,
  IF(seq % 13 = 0, NULL, RAND() * 5), FLOOR(RAND() * 1000), 1 + seq % 3, 1990 + seq % 35, seq % 256,
  JSON_OBJECT('color', ELT(1 + seq % 3, 'red', 'green', 'blue'), 'size', seq % 50), IF(seq % 5 = 0, NULL, REPEAT(UNHEX(SHA1(seq)), 1 + seq % 8))
FROM seq_1_to_5000;

INSERT INTO orders (id, customer, state, placed, deliver, total, note)
SELECT seq, 1 + seq * 31 % 30000, 1 + seq % 4, '2023-01-01 00:00:00' + INTERVAL seq * 600 SECOND + INTERVAL seq % 1000 * 1000 MICROSECOND,
  IF(seq % 3 = 0, NULL, SEC_TO_TIME(seq % 86400)), 0, IF(seq % 4 = 0, CONCAT('Please ring ', seq, ' times'), NULL)
FROM seq_1_to_50000;

INSERT INTO order_items (order_id, line, product, quantity, price)
SELECT o.seq, l.seq, 1 + (o.seq * 17 + l.seq * 101) % 5000, 1 + (o.seq + l.seq) % 9, ROUND(1 + RAND() * 500, 2)
FROM seq_1_to_50000 o JOIN seq_1_to_4 l ON l.seq <= 1 + o.seq % 4;

UPDATE orders o JOIN (SELECT order_id, SUM(quantity * price) AS total FROM order_items GROUP BY order_id) i ON i.order_id = o.id SET o.total = i.total;

INSERT INTO reviews (product, customer, stars, words)
SELECT 1 + seq * 13 % 5000, IF(seq % 5 = 0, NULL, 1 + seq * 7 % 30000), 1 + seq % 5, CONCAT(REPEAT('good ', seq % 20), ELT(1 + seq % 3, '👍', '…', '\\N'))
FROM seq_1_to_20000;

INSERT INTO visits
SELECT '2024-06-01 00:00:00' + INTERVAL (seq DIV 3) * 1000 MICROSECOND, IF(seq % 4 = 0, NULL, CONCAT('2001:db8::', LOWER(HEX(seq DIV 3)))), CONCAT('5f0c2d1e-7a00-4000-8000-', LPAD(HEX(seq DIV 3), 12, '0')),
  CONCAT('/thing/', (seq DIV 3) % 5000), (seq DIV 3) * 100
FROM seq_1_to_15000;
