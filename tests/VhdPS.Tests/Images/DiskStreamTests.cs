using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Vhdx;
using VhdPS.Tests.Vhdx;

namespace VhdPS.Tests.Images;

/// <summary>A disk as a stream: at any offset and length the same as a stream in memory, and good enough for other readers.</summary>
public sealed class DiskStreamTests : IDisposable
{
    private const int Size = 3 * 1024 * 1024;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(VhdType.Dynamic)]
    [InlineData(VhdType.Fixed)]
    public async Task It_does_what_a_stream_in_memory_does(VhdType type)
    {
        string path = Make(type);
        byte[] model = new byte[Size];
        using var memory = new MemoryStream(model);
        var random = new Random(1);
        using (Stream disk = VhdImage.Open(path, new() { ForWriting = true }).OpenStream())
        {
            Assert.Equal((true, true, true, (long)Size), (disk.CanRead, disk.CanWrite, disk.CanSeek, disk.Length));
            for (int i = 0; i < 300; i++)
            {
                int at = random.Next(Size), count = Math.Min(random.Next(random.Next(2) == 0 ? 700 : 100_000), Size - at);
                long sought = random.Next(3) switch
                {
                    0 => disk.Seek(at, SeekOrigin.Begin),
                    1 => disk.Seek(at - disk.Position, SeekOrigin.Current),
                    _ => disk.Seek(at - Size, SeekOrigin.End),
                };
                Assert.Equal(at, sought);
                memory.Position = at;
                byte[] bytes = RandomLog.Noise(random, count), read = new byte[count], wanted = new byte[count];
                switch (random.Next(4))
                {
                    case 0:
                        disk.Write(bytes);
                        memory.Write(bytes);
                        break;
                    case 1:
                        await disk.WriteAsync(bytes);
                        memory.Write(bytes);
                        break;
                    case 2:
                        Assert.Equal(memory.Read(wanted), disk.Read(read, 0, count));
                        Assert.Equal(wanted, read);
                        break;
                    default:
                        Assert.Equal(memory.Read(wanted), await disk.ReadAsync(read));
                        Assert.Equal(wanted, read);
                        break;
                }

                Assert.Equal(memory.Position, disk.Position);
            }

            await disk.FlushAsync();
        }

        using Stream again = DiskSource.Open(path, SourceFormat.Vhd).OpenStream();
        byte[] all = new byte[Size];
        again.ReadExactly(all);
        Assert.True(all.AsSpan().SequenceEqual(model));
        Assert.Equal(0, again.Read(all));
    }

    [Fact]
    public void What_it_cannot_do_it_refuses()
    {
        string path = Make(VhdType.Dynamic);
        using (Stream disk = VhdImage.Open(path, new() { ForWriting = true }).OpenStream())
        {
            disk.Position = Size - 1;
            Assert.Throws<IOException>(() => disk.Write([1, 2]));
            Assert.Equal(Size - 1, disk.Position);
            Assert.Throws<NotSupportedException>(() => disk.SetLength(1));
            Assert.Throws<IOException>(() => disk.Seek(-1, SeekOrigin.Begin));
            disk.Position = Size + 10L;
            Assert.Equal(0, disk.Read(new byte[5]));
        }

        Stream readOnly = VhdImage.Open(path).OpenStream();
        Assert.False(readOnly.CanWrite);
        Assert.Throws<NotSupportedException>(() => readOnly.Write([1]));
        readOnly.Dispose();
        Assert.Throws<ObjectDisposedException>(() => readOnly.Read(new byte[1]));
    }

    /// <summary>Writers and readers that know nothing of disks.</summary>
    [Fact]
    public void Archives_are_written_to_it_and_read_from_a_VHDX_of_the_disk()
    {
        string path = Make(VhdType.Dynamic);
        using (Stream disk = VhdImage.Open(path, new() { ForWriting = true }).OpenStream())
        {
            using (var tar = new TarWriter(disk, leaveOpen: true))
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "a.txt")
                {
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(new string('x', 70_001))),
                });
            }

            disk.Position = Size / 2;
            using var zip = new GZipStream(disk, CompressionLevel.Fastest, leaveOpen: true);
            zip.Write(Encoding.UTF8.GetBytes(new string('y', 50_003)));
        }

        string vhdx = _folder["a.vhdx"];
        using (DiskSource source = DiskSource.Open(path, SourceFormat.Vhd))
        {
            byte[] disk = new byte[Size];
            source.ReadAt(0, disk);
            using Engine.Files.LocalImageFile file = Engine.Files.LocalImageFile.CreateNew(vhdx);
            var options = new NewVhdx(Size) { UniqueId = Guid.NewGuid(), TimeStamp = DateTime.UnixEpoch, BlockSizeBytes = 1 << 20 };
            DiskFill.Write(file, options, disk);
        }

        using Stream read = DiskSource.Open(vhdx, SourceFormat.Vhd).OpenStream();
        using (var tar = new TarReader(read, leaveOpen: true))
        {
            TarEntry entry = tar.GetNextEntry()!;
            using var text = new StreamReader(entry.DataStream!);
            Assert.Equal(("a.txt", new string('x', 70_001)), (entry.Name, text.ReadToEnd()));
            Assert.Null(tar.GetNextEntry());
        }

        read.Position = Size / 2;
        byte[] unzipped = new byte[50_003];
        new GZipStream(read, CompressionMode.Decompress).ReadExactly(unzipped);
        Assert.All(unzipped, value => Assert.Equal((byte)'y', value));
    }

    private string Make(VhdType type)
    {
        string path = _folder[$"{type}.vhd"];
        var image = new NewImage(Size)
        {
            VhdType = type,
            BlockSize = 512 * 1024,
            UniqueId = Guid.NewGuid(),
            TimeStamp = DateTime.UnixEpoch.AddYears(50),
        };
        ImageCreator.Create(path, image);
        return path;
    }
}
