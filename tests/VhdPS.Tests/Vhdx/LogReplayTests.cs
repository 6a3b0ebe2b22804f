using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Vhdx;
using VhdPS.Tests.Files;
using static VhdPS.Tests.Vhdx.VhdxBytes;

namespace VhdPS.Tests.Vhdx;

/// <summary>Which entries of a log count, and that reads see what they change while the file stays as it is.</summary>
public sealed class LogReplayTests
{
    private const int LogLength = (int)MiB;

    [Fact]
    public void AChangeOfTheTableIsSeenAndTheFileIsNotChanged()
    {
        var image = new VhdxBytes(10 * MiB);
        long at = image.Reserve(MiB);
        image.File.WriteAt(at, Sector(0x5A));
        var log = new LogBytes(image);
        log.Add(new LogChange(TableOffset, RandomLog.TableSector((3, 6, at))));
        log.MarkDirty();

        using VhdxImage disk = Open(image);
        Assert.Equal((VhdxLogState.Dirty, 1, 1UL), (disk.Layout.Log!.State, disk.Layout.Log.EntryCount, disk.Layout.Log.SequenceNumber));
        Assert.Equal(FaultCode.VhdxLogDirty, Assert.Single(disk.Layout.Findings).Code);
        byte[] read = new byte[8192];
        disk.ReadAt(3 * MiB, read);
        Assert.Equal([.. Sector(0x5A), .. new byte[4096]], read);
    }

    /// <summary>Sectors of a newer entry count more than ranges of an older one, and the reverse.</summary>
    [Fact]
    public void TheLaterChangeCounts()
    {
        var image = new VhdxBytes(10 * MiB);
        long at = image.AddBlock(0, Filled((int)MiB, 1));
        var log = new LogBytes(image);
        log.Add(new LogChange(at, Sector(2)), new LogChange(at + 4096, null, 8192));
        log.Add(
            new LogChange(at + 8192, Sector(3)), new LogChange(at, null, 4096), new LogChange(at + 12288, Sector(4)),
            new LogChange(at + 12288, Sector(5)));
        log.MarkDirty();
        using VhdxImage disk = Open(image);
        byte[] read = new byte[5 * 4096];
        disk.ReadAt(0, read);
        Assert.Equal([.. new byte[8192], .. Sector(3), .. Sector(5), .. Sector(1)], read);
        byte[] odd = new byte[5000];
        disk.ReadAt(8000, odd);
        Assert.Equal(read[8000..13000], odd);
    }

    [Theory]
    [InlineData("checksum")]
    [InlineData("log id")]
    [InlineData("length not whole sectors")]
    [InlineData("length of the whole log")]
    [InlineData("length without a data sector")]
    [InlineData("descriptor count")]
    [InlineData("descriptor signature")]
    [InlineData("descriptor number")]
    [InlineData("target not on a sector")]
    [InlineData("target in the headers")]
    [InlineData("target in the log")]
    [InlineData("zeros over the log")]
    [InlineData("target that wraps")]
    [InlineData("data signature")]
    [InlineData("data number")]
    [InlineData("tail outside the log")]
    [InlineData("tail not on a sector")]
    [InlineData("number zero")]
    [InlineData("last file offset of all bits")]
    public void AnEntryWithOneFaultDoesNotCount(string fault)
    {
        var image = new VhdxBytes(10 * MiB);
        var log = new LogBytes(image);
        byte[] entry = log.Encode(fault == "zeros over the log"
            ? [new LogChange(192 * 1024, null, 2 * MiB)]
            : [new LogChange(TableOffset, Sector(2)), new LogChange(TableOffset + 4096, null)]);
        void Put(int at, ulong value, int size) => BitConverter.GetBytes(value).AsSpan(0, size).CopyTo(entry.AsSpan(at));
        switch (fault)
        {
            case "log id": entry[40] ^= 1; break;
            case "length not whole sectors": Put(8, 8193, 4); break;
            case "length of the whole log": Put(8, LogLength, 4); break;
            case "length without a data sector": entry = entry[..4096]; Put(8, 4096, 4); break;
            case "descriptor count": Put(24, uint.MaxValue, 4); break;
            case "descriptor signature": entry[64] ^= 1; break;
            case "descriptor number": Put(64 + 24, 2, 8); break;
            case "target not on a sector": Put(64 + 16, (ulong)TableOffset + 512, 8); break;
            case "target in the headers": Put(64 + 16, 128 * 1024, 8); break;
            case "target in the log": Put(64 + 16, (ulong)LogOffset + 4096, 8); break;
            case "target that wraps": Put(96 + 16, ulong.MaxValue - 4095, 8); Put(96 + 8, 8192, 8); break;
            case "data signature": entry[4096] ^= 1; break;
            case "data number": entry[8191] ^= 1; break;
            case "tail outside the log": Put(12, LogLength, 4); break;
            case "tail not on a sector": Put(12, 512, 4); break;
            case "number zero": Put(16, 0, 8); Put(64 + 24, 0, 8); Put(96 + 24, 0, 8); Put(4096 + 4092, 0, 4); break;
            case "last file offset of all bits": Put(56, ulong.MaxValue, 8); break;
        }

        if (fault != "checksum")
        {
            LogBytes.Seal(entry);
        }
        else
        {
            entry[5] ^= 1;
        }

        log.Put(entry);
        log.MarkDirty();
        Finding finding = Assert.Single(VhdxLayout.Read(image.File).Findings);
        Assert.Equal((FaultCode.VhdxLogInvalid, FaultEffect.UnreadableUnlessForced), (finding.Code, finding.Effect));

        // Read by force it is the file without the log's changes.
        using VhdxImage disk = Open(image, force: true);
        disk.ReadAt(0, new byte[512]);
    }

    /// <summary>A sequence that begins near the end of the log goes on at its start.</summary>
    [Fact]
    public void ASequenceGoesAroundTheCircle()
    {
        var image = new VhdxBytes(10 * MiB);
        long at = image.AddBlock(0);
        var log = new LogBytes(image, start: LogLength - 8192);
        log.Add(new LogChange(at, Sector(1)), new LogChange(at + 4096, Sector(1)));
        Assert.Equal(4096, log.Position);
        log.Add(new LogChange(at + 4096, Sector(2)));
        log.MarkDirty();
        AssertBlock(image, [.. Sector(1), .. Sector(2)]);
    }

    /// <summary>Entries before the tail were written into the file before, and what lies there now may be another's.</summary>
    [Fact]
    public void EntriesBeforeTheTailDoNotCount()
    {
        var image = new VhdxBytes(10 * MiB);
        long at = image.AddBlock(0, Filled(12288, 9));
        var log = new LogBytes(image);
        log.Add(new LogChange(at, Sector(1)));
        log.Tail = log.Add(new LogChange(at + 4096, Sector(2)));
        log.Add(new LogChange(at + 8192, Sector(3)));
        log.MarkDirty();
        AssertBlock(image, [.. Sector(9), .. Sector(2), .. Sector(3)]);
    }

    /// <summary>The sequence of the highest number counts, wherever it lies.</summary>
    [Theory]
    [InlineData(50, 70)]
    [InlineData(70, 50)]
    public void TheNewestSequenceCounts(ulong first, ulong second)
    {
        var image = new VhdxBytes(10 * MiB);
        long at = image.AddBlock(0, Filled(12288, 9));
        var log = new LogBytes(image, firstNumber: first);
        log.Add(new LogChange(at, Sector(1)));
        log.Add(new LogChange(at + 4096, Sector(1)));
        var other = new LogBytes(image, start: 65536, firstNumber: second);
        other.Add(new LogChange(at, Sector(2)));
        log.MarkDirty();
        AssertBlock(image, first > second ? [.. Sector(1), .. Sector(1)] : [.. Sector(2), .. Sector(9)]);
    }

    /// <summary>An entry whose predecessor was torn begins a sequence of its own, and its tail is not in it.</summary>
    [Fact]
    public void ASequenceWithoutItsTailDoesNotCount()
    {
        var image = new VhdxBytes(10 * MiB);
        long at = image.AddBlock(0, Filled(12288, 9));
        var log = new LogBytes(image);
        log.Add(new LogChange(at, Sector(1)));
        int torn = log.Add(new LogChange(at, Sector(2)));
        log.Add(new LogChange(at, Sector(3)));
        image.File.WriteAt(LogOffset + torn + 5000, [1, 2, 3]);
        log.MarkDirty();
        AssertBlock(image, Sector(1));
    }

    [Fact]
    public void ATailBetweenTwoEntriesDoesNotCount()
    {
        var image = new VhdxBytes(10 * MiB);
        var log = new LogBytes(image);
        log.Add(new LogChange(TableOffset, Sector(1)), new LogChange(TableOffset + 4096, Sector(1)));
        log.Tail = 4096;
        log.Add(new LogChange(TableOffset, Sector(1)));
        log.MarkDirty();
        Assert.Equal(FaultCode.VhdxLogInvalid, Assert.Single(VhdxLayout.Read(image.File).Findings).Code);
    }

    /// <summary>A tail that goes back before that of the entry before it ends the sequence before it.</summary>
    [Fact]
    public void ATailThatGoesBackEndsTheSequence()
    {
        var image = new VhdxBytes(10 * MiB);
        long at = image.AddBlock(0, Filled(12288, 9));
        var log = new LogBytes(image);
        log.Add(new LogChange(at, Sector(1)));
        log.Tail = log.Add(new LogChange(at + 4096, Sector(2)));
        log.Add(new LogChange(at + 8192, Sector(3)));
        log.Tail = 0;
        log.Add(new LogChange(at + 8192, Sector(4)));
        log.MarkDirty();
        AssertBlock(image, [.. Sector(9), .. Sector(2), .. Sector(3)]);
    }

    /// <summary>A log full of entries whose tails all lead elsewhere, so that each is a sequence that does not count.</summary>
    [Fact]
    public void ALogInCirclesIsReadOnce()
    {
        var image = new VhdxBytes(10 * MiB);
        var log = new LogBytes(image);
        for (int i = 0; i < 256; i++)
        {
            log.Tail = (i + 1) % 256 * 4096;
            log.Add();
        }

        log.MarkDirty();
        var counting = new CountingFile(image.File.Reopen());
        var layout = VhdxLayout.Read(counting);
        Assert.Contains(layout.Findings, finding => finding.Code == FaultCode.VhdxLogInvalid);
        Assert.True(counting.ReadBytes < 4 * MiB, $"{counting.ReadBytes} bytes were read");
    }

    /// <summary>Whatever numbers and tails the entries of a full log have, its sectors are read a few times at most.</summary>
    [Fact]
    public void AnyFullLogIsReadAFewTimesAtMost()
    {
        var random = new Random(5);
        for (int round = 0; round < 12; round++)
        {
            var image = new VhdxBytes(10 * MiB);
            var log = new LogBytes(image);
            for (int i = 0; i < 256; i++)
            {
                log.Number = round % 3 == 0 ? (ulong)random.Next(1, 4) : log.Number;
                log.Tail = random.Next(256) * 4096;
                log.Add(random.Next(4) == 0 ? [new LogChange(TableOffset, null)] : []);
            }

            log.MarkDirty();
            var counting = new CountingFile(image.File.Reopen());
            VhdxLayout.Read(counting);
            Assert.True(counting.ReadBytes < 6 * MiB, $"{counting.ReadBytes} bytes were read");
        }
    }

    [Fact]
    public void AFileShorterThanItWasIsRefused()
    {
        var image = new VhdxBytes(10 * MiB);
        var log = new LogBytes(image) { FlushedFileOffset = image.File.Length + MiB };
        log.Add(new LogChange(TableOffset, Sector(0)));
        log.MarkDirty();
        Finding finding = VhdxLayout.Read(image.File).FindBlockingFinding(force: false)!;
        Assert.Equal((FaultCode.VhdxFileTruncated, LogOffset + 48), (finding.Code, finding.FileOffset));
        Open(image, force: true).Dispose();
    }

    /// <summary>A writer that shrinks the file says so in a newer entry.</summary>
    [Fact]
    public void OnlyTheNewestEntrySaysHowLongTheFileWas()
    {
        var image = new VhdxBytes(10 * MiB);
        var log = new LogBytes(image) { FlushedFileOffset = image.File.Length + MiB };
        log.Add(new LogChange(TableOffset, Sector(0)));
        log.FlushedFileOffset = null;
        log.Add(new LogChange(TableOffset, Sector(0)));
        log.MarkDirty();
        Open(image).Dispose();
    }

    /// <summary>A block that was allocated past the end of the file, whose growth was lost, reads as zeros.</summary>
    [Fact]
    public void TheFileIsAsLongAsTheLogSays()
    {
        var image = new VhdxBytes(10 * MiB);
        long end = image.File.Length;
        var log = new LogBytes(image) { LastFileOffset = end + MiB };
        log.Add(new LogChange(TableOffset, RandomLog.TableSector((2, 6, end))));
        log.MarkDirty();
        using VhdxImage disk = Open(image);
        Assert.Equal(end + MiB, disk.Layout.FileLength);
        Assert.Contains(disk.Layout.Findings, finding => finding.Code == FaultCode.VhdxFileShorterThanLogged);
        byte[] read = Filled((int)MiB, 7);
        disk.ReadAt(2 * MiB, read);
        Assert.False(read.AsSpan().ContainsAnyExcept((byte)0));
    }

    /// <summary>More changes than are kept in memory are refused, not kept.</summary>
    [Fact]
    public void ALogOfMillionsOfChangesIsRefused()
    {
        var image = new VhdxBytes(10 * MiB);
        const int length = 16 << 20, each = 32_000;
        long logOffset = image.Reserve(length);
        var log = new LogBytes(image, length, logOffset: logOffset);
        LogChange[] changes = [.. Enumerable.Range(0, each).Select(i => new LogChange(TableOffset, null, 4096))];
        for (int i = 0; i < 9; i++)
        {
            log.Add(changes);
        }

        log.MarkDirty();
        long before = GC.GetAllocatedBytesForCurrentThread();
        var layout = VhdxLayout.Read(image.File);
        Assert.Contains(layout.Findings, finding => finding.Code == FaultCode.VhdxLogTooLarge);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 64 << 20);
    }

    /// <summary>Random logs against a model that writes the changes into a copy of the file.</summary>
    [Fact]
    public void RandomLogsAreReplayedAsTheModelReplaysThem()
    {
        for (int seed = 0; seed < 15; seed++)
        {
            (VhdxBytes image, MemoryImageFile expected) = RandomLog.Make(seed);
            using VhdxImage disk = Open(image);
            byte[] read = new byte[disk.File.Length];
            Assert.Equal(read.Length, disk.File.ReadAt(0, read));
            byte[] wanted = new byte[read.Length];
            expected.ReadAt(0, wanted);

            // Headers and the log itself are not what is replayed.
            wanted.AsSpan(64 * 1024, 128 * 1024).Clear();
            read.AsSpan(64 * 1024, 128 * 1024).Clear();
            Assert.True(wanted.AsSpan().SequenceEqual(read), $"seed {seed}");
            var random = new Random(seed);
            for (int i = 0; i < 50; i++)
            {
                int at = random.Next(read.Length), count = random.Next(1, Math.Min(20_000, read.Length - at + 1));
                byte[] part = new byte[count];
                disk.File.ReadAt(at, part);
                if (at > 192 * 1024)
                {
                    Assert.True(read.AsSpan(at, count).SequenceEqual(part));
                }
            }
        }
    }

    /// <summary>What the replayed file says is a hole is zeros, whatever the log puts where.</summary>
    [Fact]
    public void HolesOfAReplayedFileAreZeros()
    {
        using var folder = new TempFolder();
        for (int seed = 0; seed < 5; seed++)
        {
            string path = folder[$"{seed}.vhdx"];
            MemoryImageFile image = RandomLog.Make(seed).Dirty.File;
            using (LocalImageFile file = LocalImageFile.CreateNew(path))
            {
                byte[] page = new byte[65536];
                file.SetLength(image.Length + (3 * MiB));
                for (long at = 0; at < image.Length; at += page.Length)
                {
                    image.ReadAt(at, page);
                    if (page.AsSpan().ContainsAnyExcept((byte)0) && at / 65536 % 3 != 1)
                    {
                        file.WriteAt(at, page);
                    }
                }
            }

            using VhdxImage disk = VhdxImage.Open(LocalImageFile.OpenRead(path), new VhdxOpenOptions { Force = true });
            byte[] bytes = new byte[disk.File.Length];
            disk.File.ReadAt(0, bytes);
            for (long at = 0; at < bytes.Length;)
            {
                bool isData = disk.File.TryFindData(at, out long start, out long end);
                start = isData ? start : bytes.Length;
                Assert.False(bytes.AsSpan((int)at, (int)(start - at)).ContainsAnyExcept((byte)0), $"seed {seed} at {at}");
                Assert.True(!isData || (start >= at && end > start));
                at = isData ? end : bytes.Length;
            }
        }
    }

    internal static byte[] Sector(byte value) => Filled(4096, value);

    internal static byte[] Filled(int length, byte value)
    {
        byte[] bytes = new byte[length];
        bytes.AsSpan().Fill(value);
        return bytes;
    }

    private static VhdxImage Open(VhdxBytes image, bool force = false) => VhdxImage.Open(
        new GuardedImageFile(image.File.Reopen(), () => Assert.Fail("the file is changed")), new VhdxOpenOptions { Force = force });

    private static void AssertBlock(VhdxBytes image, byte[] expected)
    {
        using VhdxImage disk = Open(image);
        byte[] read = new byte[expected.Length];
        disk.ReadAt(0, read);
        Assert.Equal(expected, read);
    }

    private sealed class CountingFile(ImageFile inner) : PassThroughImageFile(inner)
    {
        public long ReadBytes { get; private set; }

        public override int ReadAt(long fileOffset, Span<byte> buffer)
        {
            ReadBytes += buffer.Length;
            return base.ReadAt(fileOffset, buffer);
        }
    }
}
