using VhdPS.Engine.Layout;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Layout;

/// <summary>What is known of bitmaps follows what happens to their blocks, and only what the file lacks waits for it.</summary>
public sealed class BitmapCacheTests
{
    private readonly MemoryImageFile _file;
    private readonly BitmapCache _cache;
    private readonly uint _entry;

    public BitmapCacheTests()
    {
        ImageBytes bytes = ImageBytes.Differencing().AddBlock(0, 1, [0x80]);
        _entry = bytes.GetEntry(0);
        _file = bytes.ToFile();
        _cache = new BitmapCache(_file, ImageLayout.Read(_file));
    }

    [Fact]
    public void A_block_that_is_full_waits_for_nothing()
    {
        _cache.SetFresh(0, new byte[512]);
        Assert.Equal(512, _cache.DirtyBytes);
        _cache.SetFull(0);
        Assert.Equal((0L, 0), (_cache.DirtyBytes, _cache.Dirty.Count));
        Assert.Null(_cache.Get(0, _entry));

        // Written on, it stays full.
        _cache.MarkWritten(0, _entry, 3, 1);
        Assert.Empty(_cache.Dirty);
    }

    [Fact]
    public void A_block_that_is_empty_waits_for_nothing_and_shows_nothing()
    {
        _cache.SetFresh(0, [0xFF, .. new byte[511]]);
        _cache.SetEmpty(0);
        Assert.Empty(_cache.Dirty);
        Assert.Equal(new byte[512], _cache.Get(0, _entry));
    }

    [Fact]
    public void A_block_that_was_forgotten_is_read_again()
    {
        _cache.SetFresh(0, [0x55, .. new byte[511]]);
        _cache.Forget(0);
        Assert.Empty(_cache.Dirty);
        Assert.Equal(0x80, _cache.Get(0, _entry)![0]);
    }

    [Fact]
    public void Bits_that_are_set_already_wait_for_nothing_and_new_ones_until_they_are_published()
    {
        _cache.MarkWritten(0, _entry, 0, 1);
        Assert.Empty(_cache.Dirty);
        _cache.MarkWritten(0, _entry, 0, 2);
        Assert.Equal([0], _cache.Dirty);
        Assert.Equal(0xC0, _cache.Get(0, _entry)![0]);
        _cache.SetPublished();
        Assert.Empty(_cache.Dirty);
        Assert.Equal(0xC0, _cache.Get(0, _entry)![0]);
        _cache.MarkWritten(0, _entry, 2, 6);
        _cache.SetPublished();
        Assert.Null(_cache.Get(0, _entry));
    }
}
