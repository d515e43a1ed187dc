"""The whole way, from files through a real daemon into NumPy arrays: same bytes whatever the road, and bad input of
every kind answered in words."""

from __future__ import annotations

import hashlib
import random
import socket
import struct
import subprocess

import headrace
import numpy as np
import pytest
from headrace import recordio

from running_daemon import BASE, RunningDaemon, binary, make_records, photographs, wait_until

SHAPE = (3, 96, 112)


@pytest.fixture
def records(tmp_path):
    images = [path.read_bytes() for path in photographs()[:21]]
    return make_records(tmp_path / "train.rec", images)


@pytest.fixture
def daemon(tmp_path, records):
    with RunningDaemon(tmp_path, BASE + "threads: 2\nmax_threads: 2\n") as running:
        yield running


def augmented(records, **more):
    return dict(
        iterator="ImageRecordIter", path_imgrec=str(records), data_shape=SHAPE, batch_size=4, shuffle=True, seed=7,
        resize=128, rand_crop=True, rand_mirror=True, max_rotate_angle=10, brightness=0.2, contrast=0.2, saturation=0.2,
        pca_noise=0.1, mean_r=123.68, mean_g=116.28, mean_b=103.53, std_r=58.4, std_g=57.1, std_b=57.4, **more)


def digest(batch) -> str:
    sha = hashlib.sha256()
    for array in [*batch.data, *batch.label, batch.index]:
        sha.update(np.ascontiguousarray(array).tobytes())
    sha.update(struct.pack("<qqq", batch.epoch, batch.step, batch.pad))
    return sha.hexdigest()


def run(url, parameters, epochs=3) -> list[list[str]]:
    with headrace.connect(url) as client, client.open(**parameters) as stream:
        result = []
        for epoch in range(epochs):
            result.append([digest(batch) for batch in stream])
            assert len(result[-1]) == len(stream)
            stream.reset()
        return result


def test_one_hash_for_all_threads_and_roads(tmp_path, records):
    """1, 2 and 8 decode threads, over Unix and TCP: the same bytes."""
    results = []
    for threads in (1, 2, 8):
        directory = tmp_path / str(threads)
        directory.mkdir()
        configuration = BASE.replace("admin:", f"  tcp: {{{{host: 127.0.0.1, port: 0, insecure: true}}}}\nadmin:")
        configuration = configuration.replace('roots: ["{directory}"]', f'roots: ["{tmp_path}"]')
        with RunningDaemon(directory, configuration + f"threads: {threads}\n") as daemon:
            results.append(run(daemon.url, augmented(records)))
            results.append(run(tcp_url(daemon), augmented(records)))
    assert all(result == results[0] for result in results)
    assert results[0][0] != results[0][1]


def tcp_url(daemon) -> str:
    return next(url for url in daemon.page("/v1/status")["listeners"] if url.startswith("tcp"))


def test_interruption_and_resume_change_nothing(daemon, records):
    whole = run(daemon.url, augmented(records))
    choose = random.Random(1)
    for _ in range(6):
        epoch, step = choose.randrange(3), choose.randrange(1, len(whole[0]))
        with headrace.connect(daemon.url) as client, client.open(**augmented(records)) as stream:
            stream.seek(epoch, 0)
            first = [digest(stream.next()) for _ in range(step)]
            state = stream.state_dict()
        with headrace.connect(daemon.url) as client, client.open(**augmented(records)) as stream:
            stream.load_state_dict(state)
            assert first + [digest(batch) for batch in stream] == whole[epoch]


def test_a_killed_daemon_is_survived(tmp_path, records):
    with RunningDaemon(tmp_path, BASE) as daemon:
        whole = run(daemon.url, augmented(records), epochs=1)[0]
        client = headrace.connect(daemon.url)
        stream = client.open(**augmented(records))
        got = [digest(stream.next()) for _ in range(2)]
        daemon.process.kill()
        daemon.process.wait()
        with RunningDaemon(tmp_path, BASE):
            got += [digest(batch) for batch in stream]
            stream.close()
        client.close()
    assert got == whole


def test_memory_is_flat_over_many_epochs(daemon, records):
    # With a deeper prefetch the stream may take more of the slabs that were reserved for it, whenever this machine stutters.
    parameters = {**augmented(records), "prefetch_buffer": 1}
    epochs = 60
    with headrace.connect(daemon.url) as client, client.open(**parameters) as stream:
        sizes = []
        for _ in range(epochs):
            for batch in stream:
                pass
            stream.reset()
            sizes.append(daemon.resident_bytes())
        files = daemon.open_files()
    # Until every thread has met the largest image it may grow; from then on nothing does. A mebibyte is allocator noise, not
    # forty epochs of leaks.
    warm = epochs // 3
    assert max(sizes[warm:]) - max(sizes[:warm]) < 1 << 20, sizes
    with headrace.connect(daemon.url) as client, client.open(**augmented(records)):
        # What the connection before had is closed on threads.
        wait_until("the descriptors of the stream before being closed", lambda: daemon.open_files() <= files + 1)


def test_a_stream_beyond_the_memory_limit_is_refused_with_the_arithmetic(tmp_path, records):
    with RunningDaemon(tmp_path, BASE + "limits: {{memory: 4MiB}}\n") as daemon, headrace.connect(daemon.url) as client:
        with pytest.raises(headrace.HeadraceError) as caught:
            client.open(**augmented(records, prefetch_buffer=64))
        assert caught.value.code == "memory_limit"
        assert "limits.memory" in str(caught.value) and "66 batches of" in str(caught.value)
        assert run(daemon.url, augmented(records), epochs=1)


def refused(daemon, **parameters) -> headrace.HeadraceError:
    defaults = dict(iterator="ImageRecordIter", data_shape=SHAPE, batch_size=4)
    with headrace.connect(daemon.url) as client, pytest.raises(headrace.HeadraceError) as caught:
        with client.open(**{**defaults, **parameters}) as stream:
            for _ in stream:
                pass
    return caught.value


def test_missing_file(daemon, tmp_path):
    error = refused(daemon, path_imgrec=str(tmp_path / "trian.rec"))
    assert error.code == "not_found" and "train.rec" in str(error)


def test_directory_without_records(daemon, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("hello")
    error = refused(daemon, path_imgrec=str(tmp_path / "empty"))
    assert error.code == "not_found" and "empty" in str(error)


def test_garbage_records(daemon, tmp_path):
    path = tmp_path / "garbage.rec"
    path.write_bytes(random.Random(3).randbytes(65536))
    error = refused(daemon, path_imgrec=str(path))
    assert error.code == "bad_data" and "garbage.rec" in str(error) and "offset" in str(error)


def test_truncated_tail(daemon, tmp_path, records):
    path = tmp_path / "short.rec"
    path.write_bytes(records.read_bytes()[:-1000])
    error = refused(daemon, path_imgrec=str(path))
    assert error.code == "bad_data" and "short.rec" in str(error) and "on_bad_record" in str(error)
    with headrace.connect(daemon.url) as client:
        with client.open(
                iterator="ImageRecordIter", path_imgrec=str(path), data_shape=SHAPE, batch_size=5, resize=128,
                on_bad_record="skip", round_batch=False) as stream:
            assert sum(5 - batch.pad for batch in stream) == 20


def test_bad_index(daemon, tmp_path, records):
    (tmp_path / "bad.idx").write_text("0\t0\n1\tx\n")
    error = refused(daemon, path_imgrec=str(records), path_imgidx=str(tmp_path / "bad.idx"))
    assert error.code == "bad_data" and "line 2" in str(error)


def test_wrong_label_width(daemon, records):
    error = refused(daemon, path_imgrec=str(records), label_width=3, resize=128)
    assert error.code == "bad_record" and "label_width is 3" in str(error)


def test_data_shape_larger_than_the_image_is_enlarged_as_in_mxnet(daemon, records):
    with headrace.connect(daemon.url) as client:
        with client.open(
                iterator="ImageRecordIter", path_imgrec=str(records), data_shape=(3, 700, 800), batch_size=2) as stream:
            assert stream.next().data[0].shape == (2, 3, 700, 800)


def test_a_crop_that_no_image_can_give(daemon, records):
    error = refused(daemon, path_imgrec=str(records), min_crop_size=2000, max_crop_size=2000)
    assert error.code == "bad_record" and "max_crop_size" in str(error)


def test_unknown_parameter(daemon, records):
    error = refused(daemon, path_imgrec=str(records), random_crop=True)
    assert error.code == "bad_parameter" and "rand_crop" in str(error)


def test_path_outside_the_roots(daemon):
    error = refused(daemon, path_imgrec="/etc/passwd")
    assert error.code == "forbidden_path"


def test_unknown_dataset_and_iterator(daemon):
    with headrace.connect(daemon.url) as client:
        with pytest.raises(headrace.HeadraceError) as caught:
            client.open("imagenet", batch_size=4)
        assert caught.value.code == "unknown_dataset"
        with pytest.raises(headrace.HeadraceError) as caught:
            client.open(iterator="ImageRecordItr", batch_size=4)
        assert caught.value.code == "unknown_iterator" and "ImageRecordIter" in str(caught.value)


def test_bad_images_are_skipped_counted_and_reported(daemon, tmp_path):
    images = [path.read_bytes() for path in photographs()[:8]]
    images[2] = images[2][: len(images[2]) // 2]
    images[5] = b"GIF89a" + bytes(100)
    path = make_records(tmp_path / "some-bad.rec", images)
    parameters = dict(
        iterator="ImageRecordIter", path_imgrec=str(path), data_shape=SHAPE, batch_size=4, resize=128,
        on_bad_record="skip")
    with headrace.connect(daemon.url) as client, client.open(**parameters) as stream:
        with pytest.warns(UserWarning, match="some-bad.rec"):
            batches = list(stream)
        assert [batch.pad for batch in batches] == [1, 1]
        assert [list(batch.index[:3]) for batch in batches] == [[0, 1, 3], [4, 6, 7]]
        assert all((batch.data[0][3] == 0).all() for batch in batches)
        assert stream.stats()["bad_records"] == 2
    with headrace.connect(daemon.url) as client, client.open(**{**parameters, "on_bad_record": "substitute"}) as stream:
        with pytest.warns(UserWarning):
            batches = list(stream)
        assert [batch.pad for batch in batches] == [0, 0]
        assert not {2, 5} & {int(i) for batch in batches for i in batch.index}


def test_a_bad_record_that_ends_an_epoch_is_in_the_admin_list(daemon, tmp_path):
    images = [path.read_bytes() for path in photographs()[:4]]
    images[3] = b"no image at all"
    error = refused(daemon, path_imgrec=str(make_records(tmp_path / "one-bad.rec", images)), resize=128)
    assert error.code == "bad_record" and "one-bad.rec" in str(error)
    listed = daemon.page("/v1/bad-records")["bad_records"]
    assert [(entry["record"], entry["reason"]) for entry in listed] == [(3, "bad_image")], listed


def test_port_in_use(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        configuration = BASE.replace("admin:", f"  tcp: {{{{host: 127.0.0.1, port: {port}, insecure: true}}}}\nadmin:")
        status, text = fails_to_start(tmp_path, configuration)
        assert status != 0 and str(port) in text and "in use" in text


def test_stale_socket_file_is_replaced_and_a_live_one_is_not(tmp_path, records):
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(tmp_path / "data.sock"))
    stale.close()
    with RunningDaemon(tmp_path, BASE) as daemon:
        assert run(daemon.url, augmented(records), epochs=1)
        other = tmp_path / "other"
        other.mkdir()
        status, text = fails_to_start(other, BASE.replace("{directory}/data.sock", str(daemon.socket)))
        assert status != 0 and "data.sock" in text
        assert run(daemon.url, augmented(records), epochs=1)


def test_a_file_that_is_no_socket_is_left_alone(tmp_path):
    (tmp_path / "data.sock").write_text("precious")
    status, text = fails_to_start(tmp_path, BASE)
    assert status != 0 and "data.sock" in text
    assert (tmp_path / "data.sock").read_text() == "precious"


def fails_to_start(directory, configuration) -> tuple[int, str]:
    (directory / "state").mkdir(exist_ok=True)
    config = directory / "headraced.yaml"
    config.write_text(configuration.format(directory=directory))
    done = subprocess.run(
        [binary("headraced", "HEADRACED"), "--config", str(config)], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


def test_unreadable_and_wrong_configurations(tmp_path):
    program = binary("headraced", "HEADRACED")
    done = subprocess.run([program, "--config", str(tmp_path / "none.yaml")], capture_output=True, text=True, timeout=60)
    assert done.returncode == 78 and "none.yaml" in done.stderr
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("limits:\n  memroy: 1GiB\n")
    done = subprocess.run([program, "--config", str(wrong), "--check-config"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 78 and "wrong.yaml:2" in done.stderr and "memory" in done.stderr


def test_http_at_the_data_socket(daemon):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(daemon.socket))
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 400") and b"admin" in answer


def test_a_frame_that_claims_two_to_the_63_bytes(daemon, records):
    import zlib

    before = daemon.resident_bytes()
    header = struct.pack("<4sBBHQIII", b"HDRC", 1, 0, 0, 1 << 63, 0, 0, 0)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(daemon.socket))
        connection.sendall(header + struct.pack("<I", zlib.crc32(header)))
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
    assert b"bad_frame" in answer
    assert daemon.resident_bytes() - before < 8 << 20
    assert run(daemon.url, augmented(records), epochs=1)


def test_insightface_layout_counts_images_only(daemon, tmp_path):
    """Layout of InsightFace's face2rec2: images 1…n, then a header record 0 and one record an identity."""
    path = tmp_path / "faces.rec"
    writer = recordio.MXIndexedRecordIO(str(tmp_path / "faces.idx"), str(path), "w")
    images = [photo.read_bytes() for photo in photographs()[:6]]
    for i, image in enumerate(images, start=1):
        writer.write_idx(i, recordio.pack(recordio.IRHeader(0, [float(i % 2), 0.0], i, 0), image))
    writer.write_idx(0, recordio.pack(recordio.IRHeader(2, [7.0, 9.0], 0, 0), b""))
    for key, first in ((7, 1.0), (8, 4.0)):
        writer.write_idx(key, recordio.pack(recordio.IRHeader(2, [first, first + 3], key, 0), b""))
    writer.close()
    for index in ({}, {"path_imgidx": str(tmp_path / "faces.idx")}):
        with headrace.connect(daemon.url) as client:
            with client.open(
                    iterator="ImageRecordIter", path_imgrec=str(path), data_shape=SHAPE, batch_size=3, label_width=2,
                    **index) as stream:
                assert len(stream) == 2
                assert sorted(int(i) for batch in stream for i in batch.index) == [1, 2, 3, 4, 5, 6]
