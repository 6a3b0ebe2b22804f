using System.Buffers.Binary;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Tests.Vhdx;

public sealed class VhdxParentLocatorTests
{
    private const string Id = "{11111111-2222-3333-4444-555555555555}";

    private static readonly Guid Type = new("B04AEFB7-D19E-4A81-B789-25B8E9445913");

    [Fact]
    public void PairsAreReadByTheirKeys()
    {
        byte[] item = VhdxBytes.Locator(
            Type, ("parent_linkage", Id), ("parent_linkage2", "{22222222-2222-3333-4444-555555555555}"), ("relative_path", @"..\é.vhdx"),
            ("volume_path", @"\\?\Volume{x}\é.vhdx"), ("absolute_win32_path", @"\\?\C:\é.vhdx"), ("other", "1"));
        Assert.True(VhdxParentLocator.TryParse(item, out VhdxParentLocator? locator, out string? fault));
        Assert.Null(fault);
        Assert.Equal(Type, locator!.Type);
        Assert.Equal((@"..\é.vhdx", @"\\?\Volume{x}\é.vhdx"), (locator.RelativePath, locator.VolumePath));
        Assert.Equal(@"\\?\C:\é.vhdx", locator.AbsolutePath);
        Assert.True(locator.IsLinkedTo(new Guid(Id)));
        Assert.True(locator.IsLinkedTo(new Guid("22222222-2222-3333-4444-555555555555")));
        Assert.False(locator.IsLinkedTo(Guid.NewGuid()));
        Assert.False(locator.IsLinkedTo(Guid.Empty));
        Assert.Equal(6, locator.Pairs.Count);
    }

    [Fact]
    public void WhatIsWrittenIsWhatTheSpecificationSays()
    {
        var locator = VhdxParentLocator.Create(new Guid(Id), [new(VhdxParentLocator.RelativePathKey, @".\p.vhdx")]);
        Assert.Equal(VhdxBytes.Locator(Type, ("parent_linkage", Id), ("relative_path", @".\p.vhdx")), locator.Encode());
    }

    [Fact]
    public void PathsThatDoNotFitAreRefused()
    {
        var locator = VhdxParentLocator.Create(Guid.NewGuid(), [new(VhdxParentLocator.RelativePathKey, new string('a', 40_000))]);
        Assert.Throws<ArgumentException>(locator.Encode);
    }

    /// <summary>An all-zero id names no parent, so that two images without one are not taken for parent and child.</summary>
    [Fact]
    public void ANullIdIsNoLink()
    {
        byte[] item = VhdxBytes.Locator(Type, ("parent_linkage", Guid.Empty.ToString("B")));
        Assert.True(VhdxParentLocator.TryParse(item, out VhdxParentLocator? locator, out _));
        Assert.False(locator!.IsLinkedTo(Guid.Empty));
    }

    [Fact]
    public void EachDamageIsNamedAndTheRestIsRead()
    {
        byte[] sound = VhdxBytes.Locator(Type, ("parent_linkage", Id), ("relative_path", "p"));
        Assert.False(VhdxParentLocator.TryParse(sound.AsSpan(0, 19), out _, out string? fault));
        Assert.Equal("is too short for its head", fault);
        Assert.False(VhdxParentLocator.TryParse(sound.AsSpan(0, 43), out _, out fault));
        Assert.Equal("has more pairs than it has room for", fault);

        foreach ((int at, uint value, int size) in new[]
        {
            (32, uint.MaxValue, 4), (32, (uint)sound.Length, 4), (32, (uint)sound.Length + 1, 4), (40, 0u, 2), (40, 3u, 2), (40, 65535u, 2),
            (36, 0x80000000, 4),
        })
        {
            byte[] damaged = (byte[])sound.Clone();
            byte[] bytes = BitConverter.GetBytes(value);
            bytes.AsSpan(0, size).CopyTo(damaged.AsSpan(at));
            Assert.True(VhdxParentLocator.TryParse(damaged, out VhdxParentLocator? locator, out fault));
            Assert.Equal("has no text that can be read as its pair 1", fault);
            Assert.Equal(new Guid(Id), locator!.Linkage);
        }

        byte[] many = (byte[])sound.Clone();
        BinaryPrimitives.WriteUInt16LittleEndian(many.AsSpan(18), 257);
        Assert.False(VhdxParentLocator.TryParse([.. many, .. new byte[10_000]], out _, out _));
        Assert.True(VhdxParentLocator.TryParse(VhdxBytes.Locator(Type, ("a", "1"), ("a", "2")), out _, out fault));
        Assert.Equal("has the key of its pair 1 twice", fault);
    }
}
